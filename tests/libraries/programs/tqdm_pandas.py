"""tqdm.pandas adds progress_apply and its kin to the classes of pandas."""

import pandas as pd
from snapshot import differences

EXPECT = {
    "owners": ["tqdm"],
    "needs": ["pandas"],
    "at_least": 10,
    "targets": ["pandas:DataFrame.progress_apply", "pandas:Series.progress_map"],
}

with differences():
    from tqdm import tqdm

    tqdm.pandas(disable=True)
    assert pd.Series([1, 2]).progress_apply(lambda x: 2 * x).sum() == 6
