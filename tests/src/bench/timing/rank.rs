/// The area under the ROC curve, which is the Mann-Whitney U statistic over the number of pairs: the chance that one of `these` is greater
/// than one of `those`, ties counting half. Both are sorted.
pub(super) fn auc(these: &[f64], those: &[f64]) -> f64 {
    let twice: usize = these
        .iter()
        .map(|one| {
            let less = those.partition_point(|other| other < one);
            let not_more = those.partition_point(|other| other <= one);
            less + not_more
        })
        .sum();
    twice as f64 / 2.0 / (these.len() as f64 * those.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_half_for_the_same_and_one_for_all_that_is_greater() {
        assert_eq!(auc(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]), 0.5);
        assert_eq!(auc(&[4.0, 5.0], &[1.0, 2.0, 3.0]), 1.0);
        assert_eq!(auc(&[1.0], &[2.0, 3.0]), 0.0);
        assert_eq!(auc(&[2.0, 4.0], &[1.0, 3.0]), 0.75);
    }
}
