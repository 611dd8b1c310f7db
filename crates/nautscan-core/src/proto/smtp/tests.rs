//! Dialogues: what both sides said, and what the flow's summary says of it.

use super::*;
use crate::limits::{SMTP_EXTENSIONS, SMTP_LINE, SMTP_WAITING};
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::Verdict;
use crate::proto::dialogue::{Act, play, says, summary};

fn told(acts: &[Act]) -> String {
    summary(Talk::<Smtp>::default, acts)
}

fn verdict(acts: &[Act]) -> Verdict {
    play(Talk::<Smtp>::default(), acts, usize::MAX).1
}

fn begun() -> Vec<Act> {
    vec![
        says(S, "220 mail.example ESMTP\r\n"),
        says(C, "EHLO me.example\r\n"),
        says(
            S,
            "250-mail.example greets you\r\n250-SIZE 1000\r\n250-PIPELINING\r\n250 STARTTLS\r\n",
        ),
    ]
}

fn after(more: Vec<Act>) -> Vec<Act> {
    [begun(), more].concat()
}

const BEGUN: &str = "protocol=smtp; server_name=mail.example; client_name=me.example; extensions=SIZE 1000, PIPELINING, STARTTLS; ";

#[test]
fn mails_are_counted_and_not_kept() {
    let acts = after(vec![
        says(C, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n"),
        says(S, "250 ok\r\n250 ok\r\n550 nobody\r\n354 go on\r\n"),
        says(C, "Subject: x\r\n\r\nDATA\r\nMAIL FROM:<x@y>\r\n..\r\n.x\r\n.\r\n"),
        says(S, "250 2.0.0 queued\r\n"),
        says(C, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
        says(S, "250 ok\r\n250 ok\r\n354 go on\r\n"),
        says(C, "spam\r\n.\r\nRSET\r\nMAIL FROM:<x@y>\r\n"),
        says(S, "554 no\r\n250 ok\r\n451 later\r\n"),
        says(C, "QUIT\r\n"),
        says(S, "221 bye\r\n"),
    ]);
    let want = "mails_accepted=1; mails_refused=2; recipients_accepted=2; recipients_refused=1; last_reply=221";
    assert_eq!(told(&acts), format!("{BEGUN}{want}"));
}

#[test]
fn chunks_are_passed_over() {
    let acts = after(vec![
        says(
            C,
            "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 10\r\nQUIT\r\n.\r\n\nBDAT 0 LAST\r\nQUIT\r\n",
        ),
        says(S, "250 ok\r\n250 ok\r\n250 10 octets\r\n250 queued\r\n221 bye\r\n"),
    ]);
    let want = "mails_accepted=1; recipients_accepted=1; last_reply=221";
    assert_eq!(told(&acts), format!("{BEGUN}{want}"));
}

#[test]
fn credentials_are_not_kept() {
    let acts = after(vec![
        says(C, "AUTH PLAIN AHNlY3JldABzZWNyZXQ=\r\n"),
        says(S, "535 no\r\n"),
        says(C, "auth login\r\n"),
        says(S, "334 VXNlcm5hbWU6\r\n"),
        says(C, "c2VjcmV0\r\n"),
        says(S, "334 UGFzc3dvcmQ6\r\n"),
        says(C, "MAIL FROM:c2VjcmV0\r\n"),
        says(S, "235 welcome\r\n"),
    ]);
    let want = "auth_mechanism=LOGIN; auth_reply=235; last_reply=235";
    assert_eq!(told(&acts), format!("{BEGUN}{want}"));
    let acts = after(vec![says(C, "AUTH s3cr=t\r\n"), says(S, "504 no\r\n")]);
    assert_eq!(told(&acts), format!("{BEGUN}auth_reply=504; last_reply=504"));
}

#[test]
fn tls_takes_over() {
    let hello = b"\x16\x03\x01";
    let acts =
        after(vec![says(C, "STARTTLS\r\n"), says(S, [b"220 go ahead\r\n", &hello[..]].concat())]);
    assert_eq!(told(&acts), format!("{BEGUN}starttls=accepted; last_reply=220"));
    assert_eq!(verdict(&acts), Verdict::Switched { consumed: 14 });
    let acts = after(vec![says(C, "STARTTLS\r\n"), says(S, "454 not now\r\n")]);
    assert_eq!(told(&acts), format!("{BEGUN}starttls=refused; last_reply=454"));
    let acts = after(vec![says(C, "STARTTLS\r\n")]);
    assert_eq!(told(&acts), format!("{BEGUN}starttls=asked; last_reply=250"));
}

#[test]
fn a_refusal_is_a_greeting_too() {
    let acts = [says(S, "554 no service\r\n"), says(C, "QUIT\r\n"), says(S, "221 bye\r\n")];
    assert_eq!(told(&acts), "protocol=smtp; last_reply=221");
    // Whose greeting was not captured.
    let acts = [says(C, "HELO me\r\n"), says(S, "250 mail.example\r\n")];
    let want = "protocol=smtp; server_name=mail.example; client_name=me; last_reply=250";
    assert_eq!(told(&acts), want);
}

#[test]
fn a_loss_within_a_mail_does_not_count_and_others_end_it() {
    let mail = |more: Vec<Act>| {
        let first = vec![
            says(C, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
            says(S, "250 ok\r\n250 ok\r\n354 go on\r\n"),
            says(C, "some\r\n"),
            Act::Loses(C, 1000),
        ];
        after([first, more].concat())
    };
    let want = format!("{BEGUN}mails_accepted=1; recipients_accepted=1; last_reply=250");
    let acts = mail(vec![says(C, ".\r\nmore\r\n.\r\n"), says(S, "250 ok\r\n")]);
    assert_eq!(told(&acts), want);
    // The end itself was lost.
    let acts = mail(vec![says(S, "250 ok\r\n"), says(C, "QUIT\r\n"), says(S, "221 bye\r\n")]);
    assert_eq!(told(&acts), want.replace("last_reply=250", "last_reply=221"));
    for side in [C, S] {
        let acts = after(vec![
            Act::Loses(side, 10),
            says(C, "MAIL FROM:<a@b>\r\n"),
            says(S, "550 no\r\n"),
        ]);
        assert_eq!(told(&acts), format!("{BEGUN}last_reply=250; incomplete=yes"));
        assert_eq!(verdict(&acts), Verdict::Over { consumed: 0 });
    }
    let acts = [vec![Act::Loses(S, 30)], begun()].concat();
    assert_eq!(told(&acts), format!("{BEGUN}last_reply=250; incomplete=yes"));
}

#[test]
fn what_is_no_reply_ends_it() {
    for line in ["hello\r\n", "25\r\n", "250-a\r\n221 b\r\n"] {
        assert!(matches!(verdict(&after(vec![says(S, line)])), Verdict::Dead(_)), "{line}");
    }
}

/// Reaches `SMTP_LINE`.
#[test]
fn a_long_line_is_cut() {
    let name = "a".repeat(SMTP_LINE);
    let told = told(&[says(C, format!("HELO {name}\r\n"))]);
    assert_eq!(told.len(), "protocol=smtp; client_name=".len() + SMTP_LINE - 5);
}

/// Reaches `SMTP_EXTENSIONS`.
#[test]
fn more_extensions_are_not_kept() {
    let lines = "250-X\r\n".repeat(SMTP_EXTENSIONS + 5);
    let told = told(&[says(C, "EHLO me\r\n"), says(S, format!("250-mail\r\n{lines}250 Y\r\n"))]);
    assert_eq!(told.matches('X').count(), SMTP_EXTENSIONS);
    assert!(!told.contains('Y'));
}

/// Reaches `SMTP_WAITING`.
#[test]
fn a_client_that_does_not_wait_is_not_followed() {
    let many = |count| after(vec![says(C, "NOOP\r\n".repeat(count))]);
    assert_eq!(verdict(&many(SMTP_WAITING)), Verdict::Continue);
    let consumed = 6 * (SMTP_WAITING + 1);
    assert_eq!(verdict(&many(SMTP_WAITING + 1)), Verdict::Over { consumed });
    assert!(told(&many(SMTP_WAITING + 1)).ends_with("incomplete=yes"));
}
