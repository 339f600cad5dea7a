"""numpy, scipy, matplotlib and Pillow, with the Cython code that they share: they patch nothing."""

import io

from snapshot import differences

EXPECT = {"needs": ["numpy", "scipy", "matplotlib", "pandas"]}

with differences():
    import matplotlib
    import numpy as np
    import pandas as pd
    import scipy.ndimage
    import scipy.optimize
    import scipy.sparse
    from PIL import Image, ImageFilter

    matplotlib.use("Agg")
    from matplotlib import pyplot

    assert scipy.optimize.minimize(lambda x: float((x**2).sum()), [1.0]).success
    assert scipy.sparse.csr_matrix(np.eye(3)).nnz == 3
    assert scipy.ndimage.label(np.eye(2))[1] == 2
    assert pd.Series(np.arange(3)).sum() == 3
    pyplot.plot([1, 2])
    pyplot.savefig(io.BytesIO(), format="svg")
    Image.new("L", (3, 3)).filter(ImageFilter.BLUR).save(io.BytesIO(), "png")
