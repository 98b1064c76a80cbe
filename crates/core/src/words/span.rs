use super::{Language, Phrase};

impl Language {
    /// A span of time as people say it: seconds up to a minute and a half, then whole minutes, from an hour and a half on whole
    /// hours. Never less than it is.
    #[must_use]
    pub fn say_span(self, seconds: u64) -> String {
        self.say(&match seconds {
            0..=MOST_SECONDS => Phrase::SpanSeconds { seconds },
            _ if seconds.div_ceil(60) <= MOST_MINUTES => {
                Phrase::SpanMinutes { minutes: seconds.div_ceil(60) }
            }
            _ => Phrase::SpanHours { hours: seconds.div_ceil(3600) },
        })
    }
}

const MOST_SECONDS: u64 = 90;
const MOST_MINUTES: u64 = 90;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_in_the_unit_that_people_use() {
        for (seconds, english, chinese) in [
            (1, "1 second", "1 秒"),
            (53, "53 seconds", "53 秒"),
            (90, "90 seconds", "90 秒"),
            (91, "2 minutes", "2 分钟"),
            (3279, "55 minutes", "55 分钟"),
            (5400, "90 minutes", "90 分钟"),
            (5401, "2 hours", "2 小时"),
            (86_400, "24 hours", "24 小时"),
        ] {
            assert_eq!(Language::English.say_span(seconds), english);
            assert_eq!(Language::SimplifiedChinese.say_span(seconds), chinese);
        }
    }
}
