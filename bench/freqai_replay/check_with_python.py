"""Checks a replay kept by `freqai_replay --keep DIRECTORY` against pandas, TA-Lib and the libraries' Python packages.

    python bench/freqai_replay/check_with_python.py DATA DIRECTORY

DATA holds the Feather files. Features and forecasts are made again from the candles alone. Exit code 1 if a feature is
off by more than rounding, or a forecast is: LightGBM's must agree closely; XGBoost's package has another version, which
need only agree as well as two builds of one algorithm do.
"""
import pathlib
import sys

import lightgbm
import numpy as np
import pandas as pd
import talib
import xgboost

LABEL_BARS, TEST_SHARE = 20, 0.25
CASES = {"A30": ("2018-01-15", "2018-01-30", 3, 0.5), "B32": ("2018-01-22", "2018-01-30", 10, 0.25)}
FEATURE_TOLERANCE = 1e-6  # relative: ours are stored as 32-bit floats
# Least correlation of the two engines' forecasts. Bins placed in 32 or 64 bits, or by another version's sketch, move
# single splits.
LEAST_CORRELATION = {"lightgbm": 0.995, "xgboost": 0.9}


def of_symbol(bars):
    high, low, close, volume = (bars[name].to_numpy(float) for name in ("high", "low", "close", "volume"))
    now = {}
    for n in (10, 20):
        now[f"rsi_{n}"] = talib.RSI(close, n)
        now[f"mfi_{n}"] = talib.MFI(high, low, close, volume, n)
        now[f"adx_{n}"] = talib.ADX(high, low, close, n)
    now["change"] = pd.Series(close).pct_change().to_numpy()
    now["volume"], now["close"] = volume, close
    now = pd.DataFrame(now, index=bars.index)
    lagged = [now] + [now.shift(lag).add_suffix(f"_lag_{lag}") for lag in (1, 2)]
    return pd.concat(lagged, axis=1)


def pair_features(own, other):
    joined = of_symbol(own).add_prefix("own_").join(of_symbol(other).add_prefix("other_"))
    joined["weekday"], joined["hour"] = joined.index.day_of_week, joined.index.hour
    return joined


def fitted(library, x, y):
    if library == "lightgbm":
        model = lightgbm.LGBMRegressor(n_estimators=100, learning_rate=0.1, num_leaves=31, min_child_samples=20,
                                       deterministic=True, force_row_wise=True, random_state=1, n_jobs=1, verbosity=-1)
    else:
        model = xgboost.XGBRegressor(n_estimators=100, learning_rate=0.3, max_depth=6, tree_method="hist", max_bin=256,
                                     random_state=1, n_jobs=1, base_score=float(y.mean()))
    return model.fit(x, y)


def replay(features, close, library, case):
    start, stop, train_days, step_days = CASES[case]
    label = close.shift(-LABEL_BARS).rolling(LABEL_BARS).mean() / close - 1
    at, end, step = pd.Timestamp(start, tz="UTC"), pd.Timestamp(stop, tz="UTC"), pd.Timedelta(days=step_days)
    forecasts = []
    while at < end:
        seen = (features.index >= at - pd.Timedelta(days=train_days)) & (features.index < at)
        x = features[seen].iloc[:-LABEL_BARS].dropna()
        x = x.iloc[: len(x) - int(np.ceil(TEST_SHARE * len(x)))]
        y = label[x.index]
        low, high, y_low, y_high = x.min(), x.max(), y.min(), y.max()
        scale = lambda frame: ((frame - low) / (high - low) * 2 - 1).to_numpy(np.float32)
        model = fitted(library, scale(x), ((y - y_low) / (y_high - y_low) * 2 - 1).to_numpy(np.float32))
        ahead = features[(features.index >= at) & (features.index < min(at + step, end))]
        forecast = (model.predict(scale(ahead)) + 1) / 2 * (y_high - y_low) + y_low
        forecasts.append(pd.Series(forecast, ahead.index))
        at += step
    return pd.concat(forecasts), label


def after_tie(bars):
    """Rows whose money flow holds a typical price that moved by rounding alone: up, down or not is the compiler's choice."""
    typical = bars[["high", "low", "close"]].sum(axis=1) / 3
    move = typical.diff().abs()
    tie = (move > 0) & (move < 1e-12 * typical)
    return tie.rolling(20 + 2, min_periods=1).max().to_numpy() > 0


def check_features(name, features, kept, own, other):
    """The largest relative difference, after the rows in which either is still warming up."""
    theirs, ours = features.to_numpy(), kept[list(features.columns)].to_numpy()
    same_rows = np.isfinite(theirs) == np.isfinite(ours)
    off = np.abs(theirs - ours) / np.maximum(np.abs(theirs), 1e-3)
    ties = 0
    for prefix, bars in (("own_mfi", own), ("other_mfi", other)):
        left_out = np.outer(after_tie(bars), features.columns.str.startswith(prefix))
        ties += (off[left_out] > FEATURE_TOLERANCE).sum()
        off[left_out] = 0
    worst = np.nanmax(off)
    print(f"{name}: {ours.shape[0]} x {ours.shape[1]} features, largest relative difference {worst:.2e}, "
          f"{(~same_rows).sum()} known to one side only; besides, {ties} of MFI differ by a tie")
    return worst <= FEATURE_TOLERANCE and same_rows.all()


def main():
    data, kept = map(pathlib.Path, sys.argv[1:])
    bars = {s: pd.read_feather(data / f"{s}_BTC-5m.feather").set_index("date") for s in ("ETH", "LTC")}
    sound = True
    ours = pd.read_parquet(kept / "features.parquet")
    pairs = {}
    for own, other in (("ETH", "LTC"), ("LTC", "ETH")):
        features = pair_features(bars[own], bars[other])
        pairs[own + "BTC"] = features, bars[own]["close"]
        sound &= check_features(own, features, ours[ours["pair"] == own + "BTC"], bars[own], bars[other])
    for folder in sorted(kept.glob("[AB]3*-*")):
        case, library = folder.name.split("-")
        forecasts = pd.read_parquet(folder / "forecasts.parquet")
        for pair, rows in forecasts.groupby("pair"):
            expected, label = replay(*pairs[pair], library, case)
            opened = pd.DatetimeIndex(pd.to_datetime(rows["open_time"].to_numpy(), unit="ms", utc=True))
            theirs, ours_too = expected.to_numpy(), rows["forecast"].to_numpy()
            same_bars = list(opened) == list(expected.index)
            alike, off = np.corrcoef(ours_too, theirs)[0, 1], np.abs(ours_too - theirs)
            labels = np.nanmax(np.abs(rows["label"].to_numpy() - label[opened].to_numpy()))
            print(f"{case} {library} {pair}: {len(rows)} forecasts, correlation {alike:.6f}, largest difference "
                  f"{off.max():.2e}, {100 * np.mean(off < 1e-6):.1f} % within 1e-6 (deviation {theirs.std():.2e}); "
                  f"labels off by {labels:.1e}")
            sound &= bool(same_bars and alike >= LEAST_CORRELATION[library] and labels < 1e-12)
    print("agrees" if sound else "DOES NOT AGREE")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
