"""pandas over grouping, dates, text, CSV and a registered accessor: it patches nothing."""

import io

import pandas as pd
from snapshot import differences

EXPECT = {"needs": ["pandas"]}

with differences():
    frame = pd.DataFrame(
        {"a": [1, 2, 3], "b": list("xyx"), "t": pd.date_range("2020-01-01", periods=3)}
    )
    assert frame.groupby("b").a.sum().to_dict() == {"x": 4, "y": 2}
    assert frame.merge(frame, on="a").shape == (3, 5)
    assert frame.b.str.upper().tolist() == ["X", "Y", "X"]
    assert frame.t.dt.year.sum() == 6060
    assert frame.rolling(2, on="t").a.sum().iloc[-1] == 5
    assert frame.pivot_table(index="b", values="a").shape == (2, 1)
    assert pd.read_csv(io.StringIO(frame.to_csv(index=False))).shape == (3, 3)

    @pd.api.extensions.register_dataframe_accessor("half")
    class Half:
        def __init__(self, frame: pd.DataFrame) -> None:
            self.length = len(frame) // 2

    assert frame.half.length == 1
