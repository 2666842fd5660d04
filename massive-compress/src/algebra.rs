//! The little linear algebra that compensation needs, in 64-bit floating point.

use ndarray::{Array2, Axis, s};

/// A matrix of rows and columns.
pub(crate) type Dense = Array2<f64>;

/// The lower triangle L of C = L·Lᵀ (Cholesky), of a matrix that is symmetric and not
/// negative. So that it can be inverted where activations never reach, and where it is
/// known to so many digits only, `ridge` of each element of the diagonal and of their
/// mean is added there.
pub(crate) fn cholesky(c: &Dense, ridge: f64) -> Dense {
    let n = c.nrows();
    let mean = c.diag().sum() / n.max(1) as f64;
    let mut l = Dense::zeros((n, n));
    for row in 0..n {
        let little = ridge * (c[[row, row]].max(0.0) + 0.1 * mean) + f64::MIN_POSITIVE.sqrt();
        for column in 0..=row {
            let sum = l.slice(s![row, ..column]).dot(&l.slice(s![column, ..column]));
            l[[row, column]] = if column == row {
                // Less than what was added can only be left by rounding.
                (c[[row, row]] + little - sum).max(little).sqrt()
            } else {
                (c[[row, column]] - sum) / l[[column, column]]
            };
        }
    }
    l
}

/// X of L·X = B, for a lower triangle L.
fn solve_lower(l: &Dense, b: &Dense) -> Dense {
    let mut x = b.clone();
    for row in 0..l.nrows() {
        let (above, mut rest) = x.view_mut().split_at(Axis(0), row);
        let mut this = rest.row_mut(0);
        this -= &l.slice(s![row, ..row]).dot(&above);
        this /= l[[row, row]];
    }
    x
}

/// X of Lᵀ·X = B, for a lower triangle L.
pub(crate) fn solve_transposed(l: &Dense, b: &Dense) -> Dense {
    let mut x = b.clone();
    for row in (0..l.nrows()).rev() {
        let (mut above, mut rest) = x.view_mut().split_at(Axis(0), row);
        let mut this = rest.row_mut(0);
        this /= l[[row, row]];
        for (other, mut out) in above.rows_mut().into_iter().enumerate() {
            out.scaled_add(-l[[row, other]], &this);
        }
    }
    x
}

/// X of C·X = B, for a symmetric matrix that is not negative.
pub(crate) fn solve(c: &Dense, b: &Dense) -> Dense {
    let l = cholesky(c, 1e-10);
    solve_transposed(&l, &solve_lower(&l, b))
}

/// The best approximation of rank `rank` of a matrix, as two factors U (with
/// orthonormal columns) and V, U·Vᵀ: by subspace iteration with oversampling (Halko
/// et al. 2011, arXiv 0909.4061).
pub(crate) fn low_rank(matrix: &Dense, rank: usize) -> (Dense, Dense) {
    let most = matrix.nrows().min(matrix.ncols());
    let rank = rank.min(most);
    let mut basis = matrix.dot(&noise(matrix.ncols(), (rank + 8).min(most)));
    orthonormalise(&mut basis);
    for _ in 0..6 {
        let mut back = matrix.t().dot(&basis);
        orthonormalise(&mut back);
        basis = matrix.dot(&back);
        orthonormalise(&mut basis);
    }
    // matrix ≈ basis · small; the left singular vectors of small turn the basis.
    let small = basis.t().dot(matrix);
    let left = basis.dot(&eigenvectors(small.dot(&small.t()), rank));
    let right = matrix.t().dot(&left);
    (left, right)
}

/// Numbers between −1 and 1, the same each time.
fn noise(rows: usize, columns: usize) -> Dense {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    Dense::from_shape_simple_fn((rows, columns), || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    })
}

/// Makes the columns orthonormal (Gram and Schmidt, twice over). A column that
/// depends on those before it becomes zero.
fn orthonormalise(matrix: &mut Dense) {
    for column in 0..matrix.ncols() {
        let (before, mut rest) = matrix.view_mut().split_at(Axis(1), column);
        let mut this = rest.column_mut(0);
        let whole = this.dot(&this).sqrt();
        for _ in 0..2 {
            let along = before.t().dot(&this);
            this -= &before.dot(&along);
        }
        let length = this.dot(&this).sqrt();
        let factor = if length > 1e-12 * whole && length > 0.0 { 1.0 / length } else { 0.0 };
        this *= factor;
    }
}

/// The eigenvectors of a symmetric matrix with the largest eigenvalues, as columns:
/// by Jacobi's rotations.
fn eigenvectors(mut matrix: Dense, count: usize) -> Dense {
    let n = matrix.nrows();
    let mut vectors = Dense::eye(n);
    for _ in 0..60 {
        let mut off = 0.0;
        for p in 0..n {
            for q in p + 1..n {
                off += matrix[[p, q]].abs();
                rotate(&mut matrix, &mut vectors, p, q);
            }
        }
        if off <= 1e-14 * matrix.diag().iter().map(|value| value.abs()).sum::<f64>() {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| matrix[[b, b]].total_cmp(&matrix[[a, a]]));
    order.truncate(count);
    vectors.select(Axis(1), &order)
}

/// Turns two axes so that the element between them becomes zero.
fn rotate(matrix: &mut Dense, vectors: &mut Dense, p: usize, q: usize) {
    let between = matrix[[p, q]];
    if between == 0.0 {
        return;
    }
    let theta = (matrix[[q, q]] - matrix[[p, p]]) / (2.0 * between);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    let turn = |values: &mut Dense, a: [usize; 2], b: [usize; 2]| {
        let (x, y) = (values[a], values[b]);
        values[a] = cosine * x - sine * y;
        values[b] = sine * x + cosine * y;
    };
    for at in 0..matrix.nrows() {
        turn(matrix, [at, p], [at, q]);
        turn(vectors, [at, p], [at, q]);
    }
    for at in 0..matrix.nrows() {
        turn(matrix, [p, at], [q, at]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(a: &Dense, b: &Dense) -> f64 {
        assert_eq!(a.dim(), b.dim());
        (a - b).iter().fold(0.0, |most, value| value.abs().max(most))
    }

    #[test]
    fn a_triangle_times_itself_is_the_matrix_and_solves_it() {
        let x = noise(30, 12);
        let c = x.t().dot(&x);
        let l = cholesky(&c, 1e-9);
        assert!(apart(&l.dot(&l.t()), &c) < 1e-4);
        assert!((0..12).all(|row| (row + 1..12).all(|column| l[[row, column]] == 0.0)));
        let b = noise(12, 3);
        assert!(apart(&l.t().dot(&solve_transposed(&l, &b)), &b) < 1e-9);
        assert!(apart(&c.dot(&solve(&c, &b)), &b) < 1e-4);
    }

    #[test]
    fn what_no_activation_reaches_can_still_be_solved() {
        let mut c = Dense::zeros((3, 3));
        c[[0, 0]] = 4.0;
        let solved = solve(&c, &Dense::eye(3));
        assert!(solved.iter().all(|value| value.is_finite()));
        assert!((solved[[0, 0]] - 0.25).abs() < 1e-5);
    }

    #[test]
    fn a_matrix_of_low_rank_is_found_again() {
        let product = noise(40, 3).dot(&noise(3, 25));
        let (u, v) = low_rank(&product, 3);
        assert!(apart(&u.dot(&v.t()), &product) < 1e-9);
        assert!(apart(&u.t().dot(&u), &Dense::eye(3)) < 1e-9);
        // A rank above the matrix's own adds nothing.
        let (u, v) = low_rank(&product, 6);
        assert!(apart(&u.dot(&v.t()), &product) < 1e-9);
    }

    #[test]
    fn no_matrix_of_the_rank_is_nearer() {
        let full = noise(20, 15);
        let (u, v) = low_rank(&full, 4);
        let found = u.dot(&v.t());
        // All singular values, by the eigenvalues of the whole matrix's square.
        let square = full.t().dot(&full);
        let vectors = eigenvectors(square.clone(), 15);
        let values: Vec<f64> =
            (0..15).map(|at| vectors.column(at).dot(&square.dot(&vectors.column(at)))).collect();
        assert!(values.windows(2).all(|two| two[0] >= two[1]));
        let rest: f64 = (&full - &found).iter().map(|value| value * value).sum();
        let least: f64 = values[4..].iter().sum();
        assert!(rest < 1.0001 * least && rest > 0.9999 * least, "{rest} {least}");
    }
}
