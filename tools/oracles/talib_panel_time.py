"""Times Python's way to about 57 features of a panel of klines: pandas and TA-Lib, one thread, reading not counted.

    OMP_NUM_THREADS=1 python tools/oracles/talib_panel_time.py DIRECTORY_OF_KLINE_CSV_GZ

What src/features/engine/features_bench.cpp compares itself with; run both on the same machine, one after the other.
"""

import glob
import sys
import time

import numpy as np
import pandas as pd
import talib


def of_symbol(bars):
    o, h, l, c, v = (bars[name].to_numpy(float) for name in ("open", "high", "low", "close", "volume"))
    log_close = np.log(c)
    r = np.diff(log_close, prepend=np.nan)
    returns, volume = pd.Series(r), pd.Series(v)
    out = {}
    for n in (1, 2, 3, 5, 6, 12, 24, 72, 168):
        out[f"return_{n}"] = log_close - pd.Series(log_close).shift(n).to_numpy()
    for n in (6, 24, 72, 168):
        out[f"volatility_{n}"] = returns.rolling(n).std().to_numpy()
    out["skew"], out["kurt"] = returns.rolling(72).skew().to_numpy(), returns.rolling(72).kurt().to_numpy()
    out["rsi"], out["mfi"] = talib.RSI(c, 14), talib.MFI(h, l, c, v, 14)
    out["adx"], out["pdi"], out["mdi"] = (f(h, l, c, 14) for f in (talib.ADX, talib.PLUS_DI, talib.MINUS_DI))
    out["atr"] = talib.ATR(h, l, c, 14) / c
    macd, signal, histogram = talib.MACD(c, 12, 26, 9)
    out["macd"], out["signal"], out["histogram"] = macd / c, signal / c, histogram / c
    upper, middle, lower = talib.BBANDS(c, 20, 2.0, 2.0)
    out["bb_position"], out["bb_width"] = (c - lower) / (upper - lower), (upper - lower) / middle
    for n in (12, 24, 72, 200):
        out[f"ema_{n}"] = c / talib.EMA(c, n) - 1
    out["k"], out["d"] = talib.STOCH(h, l, c, 14, 3, 0, 3, 0)
    out["cci"], out["willr"] = talib.CCI(h, l, c, 20), talib.WILLR(h, l, c, 14)
    out["aroon_down"], out["aroon_up"] = talib.AROON(h, l, 25)
    out["obv"] = pd.Series(talib.OBV(c, v)).diff(24).to_numpy() / talib.SUM(v, 24)
    for n in (24, 168):
        out[f"volume_{n}"] = v / volume.rolling(n).mean().to_numpy()
        out[f"high_{n}"], out[f"low_{n}"] = c / talib.MAX(h, n) - 1, c / talib.MIN(l, n) - 1
    out["volume_z"] = ((volume - volume.rolling(168).mean()) / volume.rolling(168).std()).to_numpy()
    span = h - l
    out["body"], out["upper"], out["lower"] = (c - o) / span, (h - np.maximum(o, c)) / span, (np.minimum(o, c) - l) / span
    return pd.DataFrame(out, index=bars["open_time"]).astype(np.float32)


def main():
    np.seterr(invalid="ignore")
    panel = {path: pd.read_csv(path) for path in sorted(glob.glob(sys.argv[1] + "/*.csv.gz"))}
    begin = time.perf_counter()
    frames = {path: of_symbol(bars) for path, bars in panel.items()}
    indicators = time.perf_counter() - begin
    returns = pd.DataFrame({path: frame["return_1"] for path, frame in frames.items()})
    market = returns.mean(axis=1)
    variance = market.rolling(168).var()
    for path, frame in frames.items():
        frame["beta"] = returns[path].rolling(168).cov(market) / variance
        for n in (1, 6, 24):
            frame[f"residual_{n}"] = frame[f"return_{n}"] - frame["beta"] * market.rolling(n).sum()
    for name in ("return_1", "return_6", "return_24", "return_168"):
        wide = pd.DataFrame({path: frame[name] for path, frame in frames.items()})
        relative = wide.sub(wide.mean(axis=1), axis=0)
        for path, frame in frames.items():
            frame["relative_" + name] = relative[path]
    for name in ("return_24", "volatility_168"):
        ranks = pd.DataFrame({path: frame[name] for path, frame in frames.items()}).rank(axis=1, pct=True)
        for path, frame in frames.items():
            frame["rank_" + name] = ranks[path]
    whole = pd.concat(frames.values())
    seconds = time.perf_counter() - begin
    print(f"{len(whole)} rows x {whole.shape[1]} features: {seconds:.2f} s ({indicators:.2f} s before the cross-section),")
    print(f"{seconds / whole.size * 1e9:.1f} ns a value; CPU time of the process {time.process_time():.2f} s with reading")


if __name__ == "__main__":
    main()
