"""joblib brings loky, which names semaphores its own way."""

import multiprocessing.synchronize

from snapshot import differences

EXPECT = {
    "owners": ["joblib"],
    "at_least": 1,
    "targets": ["multiprocessing.synchronize:SemLock._make_name"],
}

with differences():
    import joblib

    assert joblib.Parallel(n_jobs=1)(joblib.delayed(abs)(x) for x in (-1, 2)) == [1, 2]
    assert joblib.Memory(None).cache(abs)(-3) == 3
    assert multiprocessing.synchronize.SemLock is not None
