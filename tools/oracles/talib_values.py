"""Writes src/features/indicators/indicator_oracle.hpp: what TA-Lib and scipy make of a small synthetic series.

    python tools/oracles/talib_values.py > src/features/indicators/indicator_oracle.hpp

The series is made of integers by a linear congruential generator, so that the C++ test makes the same doubles.
Needs TA-Lib, numpy, scipy.
"""

import numpy as np
import scipy.stats
import talib

BARS = 300
KEPT = 20


def series():
    state = 12345

    def below(bound):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % bound

    bars = []
    close = 10_000
    for _ in range(BARS):
        opening = close + below(21) - 10
        close = opening + below(121) - 60
        high = max(opening, close) + below(26)
        low = min(opening, close) - below(26)
        bars.append((opening / 100.0, high / 100.0, low / 100.0, close / 100.0, 1.0 + below(100_000)))
    return np.array(bars).T


def main():
    _, high, low, close, volume = series()
    returns = np.diff(np.log(close), prepend=np.nan)
    macd, macd_signal, macd_histogram = talib.MACD(close, 12, 26, 9)
    upper, middle, lower = talib.BBANDS(close, 20, 2.0, 2.0)
    slow_k, slow_d = talib.STOCH(high, low, close, 14, 3, 0, 3, 0)
    aroon_down, aroon_up = talib.AROON(high, low, 25)
    balance = talib.OBV(close, volume)
    volume_24 = talib.SUM(volume, 24)

    def rolling(function, values, length):
        return np.array([np.nan if i < length else function(values[i + 1 - length : i + 1]) for i in range(BARS)])

    columns = {
        "close": close,
        "sma_20": talib.SMA(close, 20),
        "ema_20": talib.EMA(close, 20),
        "rsi_14": talib.RSI(close, 14),
        "mfi_14": talib.MFI(high, low, close, volume, 14),
        "adx_14": talib.ADX(high, low, close, 14),
        "plus_di_14": talib.PLUS_DI(high, low, close, 14),
        "minus_di_14": talib.MINUS_DI(high, low, close, 14),
        "atr_14": talib.ATR(high, low, close, 14),
        "macd": macd,
        "macd_signal": macd_signal,
        "macd_histogram": macd_histogram,
        "bollinger_upper": upper,
        "bollinger_middle": middle,
        "bollinger_lower": lower,
        "stochastic_k": slow_k,
        "stochastic_d": slow_d,
        "cci_20": talib.CCI(high, low, close, 20),
        "williams_r_14": talib.WILLR(high, low, close, 14),
        "aroon_up_25": aroon_up,
        "aroon_down_25": aroon_down,
        "balance_share_24": (balance - np.roll(balance, 24)) / volume_24,
        "rolling_max_30": talib.MAX(high, 30),
        "rolling_min_30": talib.MIN(low, 30),
        "deviation_30": rolling(np.std, close, 30),
        "slope_40": np.array(
            [
                np.nan if i < 40 else np.polyfit(close[i - 39 : i + 1] - 100, volume[i - 39 : i + 1] / 1e5, 1)[0]
                for i in range(BARS)
            ]
        ),
        "correlation_40": talib.CORREL(close - 100, volume / 1e5, 40),
    }
    print("#pragma once")
    print("#include <array>")
    print()
    print("/// Values of TA-Lib " + talib.__ta_version__.decode().split()[0] + " and scipy for the last bars of the")
    print("/// series of tools/oracles/talib_values.py, which wrote this file.")
    print("namespace clm::oracle {")
    print()
    print(f"inline constexpr std::size_t kBars = {BARS}, kKept = {KEPT};")
    for name, values in columns.items():
        text = ", ".join(format(value, ".15g") for value in values[-KEPT:])
        print(f"inline constexpr std::array<double, kKept> {name}{{{text}}};")
    print()
    print("}  // namespace clm::oracle")


if __name__ == "__main__":
    main()
