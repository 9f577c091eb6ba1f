"""How good, how stable and how likely mere chance a clustering is."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix

from segmentation.clustering import Labels, Matrix

# Few buyers, or many alike, fill fewer clusters than were asked for: the scores say so.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

Single = npt.NDArray[np.float32]

TILE = 512  # points whose distances are computed together; the distances of a tile stay in the cache
ZEROS = np.zeros((TILE, TILE), dtype=np.float32)
SMALLEST_STRATUM = 30  # points of which all enter a stratified sample
STARTS_OF_A_REFERENCE = 3  # starts of K-means on the references of the gap statistic


def silhouette_scores(points: Matrix, labelings: Sequence[Labels]) -> list[float]:
    """Exact mean silhouettes (Rousseeuw 1987) of several labelings of the same (n, features) points.

    Every distance is computed once, in single precision, and summed for each cell: the points that no labeling tells
    apart. A cluster is a union of cells, so that five labelings cost little more than one.
    """
    if not labelings:
        return []
    cells, cell_of = _cells(labelings)
    order = np.argsort(cell_of, kind="stable")
    sums = _distance_sums(_single(points)[order], np.bincount(cell_of))
    return [
        float(_silhouettes(_by_cluster(sums, clusters), labels[order], np.bincount(labels)).mean())
        for clusters, labels in zip(cells, labelings, strict=True)
    ]


def _single(points: Matrix) -> Single:
    """Points around their medians: far from zero, single precision would not tell close ones apart."""
    centred: Single = (points - np.median(points, axis=0)).astype(np.float32)
    return centred


def estimated_silhouettes(
    points: Matrix, labelings: Sequence[Labels], sample_size: int, seed: int
) -> tuple[list[tuple[float, float]], int]:
    """Mean silhouettes of several labelings of the same (n, features) points, from a stratified sample of them.

    The strata are the cells (`silhouette_scores`); each gives its share of the `sample_size` points, rounded up, and
    at least SMALLEST_STRATUM of its points. The silhouette of a sampled point is exact: its distances to all n points
    are computed, so that the time grows with the points, not with their square. Returned are (estimate, standard error)
    of each labeling (Cochran 1977, stratified random sampling without replacement) and the points in the sample.
    """
    cells, cell_of = _cells(labelings)
    sizes = np.bincount(cell_of)
    order = np.argsort(cell_of, kind="stable")
    rng = np.random.default_rng(seed)
    drawn = np.minimum(sizes, np.maximum(-(-sample_size * sizes // len(points)), SMALLEST_STRATUM))
    strata = [
        np.sort(rng.choice(members, number, replace=False))
        for members, number in zip(np.split(order, np.cumsum(sizes)[:-1]), drawn, strict=True)
    ]
    sample = np.concatenate(strata)
    single = _single(points)
    sums = _sampled_distance_sums(single[sample], single[order], sizes)
    ends = np.cumsum([len(stratum) for stratum in strata])[:-1]
    scores = []
    for clusters, labels in zip(cells, labelings, strict=True):
        silhouettes = _silhouettes(_by_cluster(sums, clusters), labels[sample], np.bincount(labels))
        mean = variance = 0.0
        for size, values in zip(sizes, np.split(silhouettes, ends), strict=True):
            weight = size / len(points)
            mean += weight * values.mean()
            if len(values) < size:
                variance += weight**2 * (1 - len(values) / size) * values.var(ddof=1) / len(values)
        scores.append((float(mean), float(np.sqrt(variance))))
    return scores, len(sample)


def refit_agreement(
    points: Matrix, labels: Labels, k: int, n_refits: int, n_init: int, seed: int
) -> tuple[float, Matrix]:
    """How far K-means fits of resampled points agree with a labeling of the (n, features) points.

    Each refit takes n points with replacement, and its centres then label all points. It has as many starts, `n_init`,
    as the labeling had: with fewer, a worse optimum would pass for another grouping. Returned are the mean adjusted
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
        refitted = KMeans(k, n_init=n_init, random_state=seed + refit).fit(resampled).predict(points)
        adjusted_rands[refit] = adjusted_rand_score(labels, refitted)
        common = contingency_matrix(np.r_[labels, np.arange(k)], np.r_[refitted, np.arange(k)]) - np.eye(k)
        union = sizes[:, None] + np.bincount(refitted, minlength=k) - common
        jaccards[refit] = (common / np.maximum(union, 1)).max(axis=1)
    return float(adjusted_rands.mean()), jaccards.mean(axis=0)


def gap_statistics(
    points: Matrix, labelings: Mapping[int, Labels], n_references: int, seed: int
) -> list[tuple[int, float, float]]:
    """Gap statistic (Tibshirani, Walther and Hastie 2001) of labelings by their k clusters, with its standard error.

    The references are uniform over the box of the points' principal components, each with K-means fits of its own.
    Returns (k, gap, error).
    """
    rng = np.random.default_rng(seed)
    mean = points.mean(axis=0)
    axes = np.linalg.svd(points - mean, full_matrices=False)[2]
    rotated = (points - mean) @ axes.T
    low, high = rotated.min(axis=0), rotated.max(axis=0)

    def logs(dispersions: Sequence[float]) -> Matrix:
        return np.log(np.maximum(dispersions, np.finfo(float).tiny))

    def fitted(data: Matrix) -> Matrix:
        fits = [KMeans(k, n_init=STARTS_OF_A_REFERENCE, random_state=seed).fit(data) for k in labelings]
        return logs([fit.inertia_ for fit in fits])

    references = np.array([fitted(rng.uniform(low, high, rotated.shape)) for _ in range(n_references)])
    gaps = references.mean(axis=0) - logs([_dispersion(rotated, labels) for labels in labelings.values()])
    errors = references.std(axis=0) * np.sqrt(1 + 1 / n_references)
    return [(k, float(gap), float(error)) for k, gap, error in zip(labelings, gaps, errors, strict=True)]


def _dispersion(points: Matrix, labels: Labels) -> float:
    """Return the sum of squared distances of the points to the mean of their cluster."""
    sizes = np.maximum(np.bincount(labels), 1)
    means = np.stack([np.bincount(labels, weights=column) / sizes for column in points.T], axis=1)
    return float(np.square(points - means[labels]).sum())


def _cells(labelings: Sequence[Labels]) -> tuple[list[Labels], Labels]:
    """Return the cells' clusters by each labeling, and each point's cell."""
    codes = np.ravel_multi_index(tuple(labelings), [int(labels.max()) + 1 for labels in labelings])
    _, first, cell_of = np.unique(codes, return_index=True, return_inverse=True)
    return [labels[first] for labels in labelings], cell_of


def _by_cluster(cell_sums: Matrix, clusters: Labels) -> Matrix:
    """Add up the columns of the cells of each cluster."""
    sums: Matrix = cell_sums @ np.eye(clusters.max() + 1)[clusters]
    return sums


def _factors(points: Single) -> tuple[Single, Single]:
    """Return matrices whose product are the squared distances: |a - b|^2 = |a|^2 + |b|^2 - 2ab."""
    squares = np.einsum("ij,ij->i", points, points)[:, None]
    ones = np.ones_like(squares)
    return np.hstack([-2 * points, squares, ones]), np.ascontiguousarray(np.hstack([points, ones, squares]).T)


def _tiles(cell_sizes: Labels) -> list[tuple[int, slice]]:
    """Cut points that lie cell by cell into tiles, each with the number of its cell."""
    ends = np.cumsum(cell_sizes)
    return [
        (cell, slice(start, min(start + TILE, end)))
        for cell, (size, end) in enumerate(zip(cell_sizes, ends, strict=True))
        for start in range(end - size, end, TILE)
    ]


def _roots(squares: Single) -> Single:
    # Rounding may leave a square below zero. An array of zeros is four times faster than a single one.
    np.maximum(squares, ZEROS[: len(squares), : squares.shape[1]], out=squares)
    np.sqrt(squares, out=squares)
    return squares


def _distance_sums(points: Single, cell_sizes: Labels) -> Matrix:
    """Summed Euclidean distances (n, cells) of each point to the points of each cell; cell by cell lie the points."""
    left, right = _factors(points)
    sums = np.zeros((len(points), len(cell_sizes)))
    ones = np.ones(len(points), dtype=np.float32)
    tiles = _tiles(cell_sizes)
    # BLAS may flag what it computes beyond the end of the data.
    with np.errstate(invalid="ignore"):
        for index, (row_cell, rows) in enumerate(tiles):
            for column_cell, columns in tiles[index:]:
                distances = _roots(left[rows] @ right[:, columns])
                if columns == rows:
                    np.fill_diagonal(distances, 0)
                else:
                    sums[columns, row_cell] += ones[rows] @ distances
                sums[rows, column_cell] += distances @ ones[columns]
    return sums


def _sampled_distance_sums(sample: Single, points: Single, cell_sizes: Labels) -> Matrix:
    """Likewise the sums (sample, cells) of some of the points; the distance of a point to itself is rounding, not 0."""
    left, right = _factors(sample)[0], _factors(points)[1]
    sums = np.zeros((len(sample), len(cell_sizes)))
    ones = np.ones(len(points), dtype=np.float32)
    with np.errstate(invalid="ignore"):
        for cell, columns in _tiles(cell_sizes):
            for start in range(0, len(sample), TILE):
                rows = slice(start, start + TILE)
                sums[rows, cell] += _roots(left[rows] @ right[:, columns]) @ ones[columns]
    return sums


def _silhouettes(distance_sums: Matrix, labels: Labels, sizes: Labels) -> Matrix:
    """Silhouette of each point from its summed distances to the clusters of these sizes; 0 in a cluster of one."""
    rows = np.arange(len(labels))
    own_size = sizes[labels]
    within = distance_sums[rows, labels] / np.maximum(own_size - 1, 1)
    means = distance_sums / sizes
    means[rows, labels] = np.inf
    nearest = means.min(axis=1)
    larger = np.maximum(within, nearest)
    return np.where((own_size > 1) & (larger > 0), (nearest - within) / np.where(larger > 0, larger, 1), 0.0)
