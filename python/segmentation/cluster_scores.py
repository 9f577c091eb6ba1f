"""How good, how stable and how likely mere chance a clustering is."""

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix

# Few buyers, or many alike, fill fewer clusters than were asked for: the scores say so.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

TILE = 512  # points whose distances are computed together; the distances of a tile stay in the cache
SAMPLE_STARTS = 3  # starts of K-means on samples, where many fits are averaged


def silhouette_scores(points: Matrix, labelings: Sequence[Labels]) -> list[float]:
    """Exact mean silhouettes (Rousseeuw 1987) of several labelings of the same (n, features) points.

    Every distance is computed once, in single precision, and summed for each cell: the points that no labeling tells
    apart. A cluster is a union of cells, so that five labelings cost little more than one.
    """
    if not labelings:
        return []
    cells, cell_of = np.unique(np.column_stack(labelings), axis=0, return_inverse=True)
    order = np.argsort(cell_of, kind="stable")
    sums = _distance_sums(points[order].astype(np.float32), np.bincount(cell_of))
    return [
        float(_silhouettes(sums @ np.eye(clusters.max() + 1)[clusters], labels[order]).mean())
        for clusters, labels in zip(cells.T, labelings, strict=True)
    ]


def refit_agreement(points: Matrix, labels: Labels, k: int, n_refits: int, seed: int) -> tuple[float, Matrix]:
    """How far K-means fits of resampled points agree with a labeling of the (n, features) points.

    Each refit takes n points with replacement, and its centres then label all points. Returned are the mean adjusted
    Rand index (Hubert and Arabie 1985) and for each of the k clusters the mean Jaccard similarity to its most
    similar cluster in the refit (Hennig 2007: 0.75 and more is valid, below 0.6 not to be trusted). A cluster
    without any point among `points` has the similarity 0.
    """
    rng = np.random.default_rng(seed)
    adjusted_rands = np.zeros(n_refits)
    jaccards = np.zeros((n_refits, k))
    sizes = np.bincount(labels, minlength=k)
    for refit in range(n_refits):
        resampled = points[rng.integers(0, len(points), len(points))]
        refitted = KMeans(k, n_init=SAMPLE_STARTS, random_state=seed + refit).fit(resampled).predict(points)
        adjusted_rands[refit] = adjusted_rand_score(labels, refitted)
        common = contingency_matrix(np.r_[labels, np.arange(k)], np.r_[refitted, np.arange(k)]) - np.eye(k)
        union = sizes[:, None] + np.bincount(refitted, minlength=k) - common
        jaccards[refit] = (common / np.maximum(union, 1)).max(axis=1)
    return float(adjusted_rands.mean()), jaccards.mean(axis=0)


def gap_statistics(
    points: Matrix, counts: Sequence[int], n_references: int, seed: int
) -> list[tuple[int, float, float]]:
    """Gap statistic (Tibshirani, Walther and Hastie 2001) of several numbers of clusters, with its standard error.

    The references are uniform over the box of the points' principal components. Returns (k, gap, error).
    """
    rng = np.random.default_rng(seed)
    mean = points.mean(axis=0)
    axes = np.linalg.svd(points - mean, full_matrices=False)[2]
    rotated = (points - mean) @ axes.T
    low, high = rotated.min(axis=0), rotated.max(axis=0)

    def log_dispersions(data: Matrix) -> Matrix:
        fits = [KMeans(k, n_init=SAMPLE_STARTS, random_state=seed).fit(data) for k in counts]
        return np.log(np.maximum([fit.inertia_ for fit in fits], np.finfo(float).tiny))

    references = np.array([log_dispersions(rng.uniform(low, high, rotated.shape)) for _ in range(n_references)])
    gaps = references.mean(axis=0) - log_dispersions(rotated)
    errors = references.std(axis=0) * np.sqrt(1 + 1 / n_references)
    return [(k, float(gap), float(error)) for k, gap, error in zip(counts, gaps, errors, strict=True)]


def _distance_sums(points: npt.NDArray[np.float32], cell_sizes: Labels) -> Matrix:
    """Summed Euclidean distances (n, cells) of each point to the points of each cell; cell by cell lie the points."""
    # |a - b|^2 = |a|^2 + |b|^2 - 2ab as one product of points with two columns more.
    squares = np.einsum("ij,ij->i", points, points)[:, None]
    ones = np.ones_like(squares)
    left = np.hstack([-2 * points, squares, ones])
    right = np.ascontiguousarray(np.hstack([points, ones, squares]).T)
    sums = np.zeros((len(points), len(cell_sizes)))
    ends = np.cumsum(cell_sizes)
    tiles = [
        (cell, slice(start, min(start + TILE, end)))
        for cell, (size, end) in enumerate(zip(cell_sizes, ends, strict=True))
        for start in range(end - size, end, TILE)
    ]
    zeros = np.zeros((TILE, TILE), dtype=np.float32)
    # BLAS may flag what it computes beyond the end of the data.
    with np.errstate(invalid="ignore"):
        for index, (row_cell, rows) in enumerate(tiles):
            for column_cell, columns in tiles[index:]:
                distances = left[rows] @ right[:, columns]
                # Rounding may leave a square below zero. An array of zeros is four times faster than a single one.
                np.maximum(distances, zeros[: len(distances), : distances.shape[1]], out=distances)
                np.sqrt(distances, out=distances)
                if columns == rows:
                    np.fill_diagonal(distances, 0)
                else:
                    sums[columns, row_cell] += ones[rows, 0] @ distances
                sums[rows, column_cell] += distances @ ones[columns, 0]
    return sums


def _silhouettes(distance_sums: Matrix, labels: Labels) -> Matrix:
    """Silhouette of each point from its (n, clusters) summed distances; 0 in a cluster of one."""
    sizes = np.bincount(labels)
    rows = np.arange(len(labels))
    own_size = sizes[labels]
    within = distance_sums[rows, labels] / np.maximum(own_size - 1, 1)
    means = distance_sums / sizes
    means[rows, labels] = np.inf
    nearest = means.min(axis=1)
    larger = np.maximum(within, nearest)
    return np.where((own_size > 1) & (larger > 0), (nearest - within) / np.where(larger > 0, larger, 1), 0.0)
