"""A mergeable sketch of a distribution: bins that grow by 2 %, so that any quantile is right within 1 %.

After DDSketch (Masson, Rim and Lee, VLDB 2019). A bin is one integer; their order is the order of the values:
0 for zero, OFFSET + ceil(log_gamma(v)) for positive ones, and the negative of that for negative ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ACCURACY = 0.01
OFFSET = 50_000  # floats reach from exp(-745) to exp(710): at most 37,000 bins either way
_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_LOG_GAMMA = float(np.log(_GAMMA))
Bins = NDArray[np.int64]


def bins_of(values: NDArray[np.float64]) -> Bins:
    """The bin of each value."""
    sizes = np.abs(values)
    with np.errstate(divide="ignore"):
        places = np.ceil(np.log(sizes) / _LOG_GAMMA)
    bins = np.where(values == 0, 0, (np.where(np.isfinite(places), places, 0) + OFFSET) * np.sign(values))
    return bins.astype(np.int64)


def values_of(bins: Bins) -> NDArray[np.float64]:
    """The value that stands for each bin: within 1 % of all that fall into it."""
    sizes = np.exp((np.abs(bins) - OFFSET) * _LOG_GAMMA) * 2 / (_GAMMA + 1)
    return np.where(bins == 0, 0.0, sizes * np.sign(bins))
