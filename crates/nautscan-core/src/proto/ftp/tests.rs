//! Dialogues: what both sides said, and what the flow's summary says of it.

use super::*;
use crate::limits::{FTP_LINE, FTP_PLACES, FTP_VERBS, FTP_WAITING};
use crate::proto::Side::{Client as C, Server as S};
use crate::proto::Verdict;
use crate::proto::dialogue::{Act, play, says, summary};

fn told(acts: &[Act]) -> String {
    summary(Talk::<Ftp>::default, acts)
}

fn verdict(acts: &[Act]) -> Verdict {
    play(Talk::<Ftp>::default(), acts, usize::MAX).1
}

fn begun() -> Vec<Act> {
    vec![
        says(S, "220-Welcome to FTP\r\n 331 or so\r\n220 go\r\n"),
        says(C, "USER me\r\n"),
        says(S, "331 Password\r\n"),
        says(C, "PASS secret\r\n"),
        says(S, "230 In\r\n"),
    ]
}

const BEGUN: &str = "protocol=ftp; greeting=Welcome to FTP; login=me; login_reply=230; ";

fn after(more: Vec<Act>) -> Vec<Act> {
    [begun(), more].concat()
}

#[test]
fn commands_are_counted_and_data_connections_named() {
    let acts = after(vec![
        says(C, "SYST\r\n"),
        says(S, "215 UNIX Type: L8\r\n"),
        says(C, "PASV\r\n"),
        says(S, "227 Entering Passive Mode (10,0,0,2,195,80).\r\n"),
        says(C, "RETR /secret/name\r\n"),
        says(S, "150 Here\r\n"),
        says(S, "226 Done\r\n"),
        says(C, "EPSV\r\n"),
        says(S, "229 Entering (|||50001|)\r\n"),
        says(C, "list\r\n"),
        says(S, "150 Here\r\n426 Broken\r\n"),
        says(C, "PORT 10,0,0,1,0,20\r\n"),
        says(S, "200 ok\r\n"),
        says(C, b"\xff\xf4\xff\xf2ABOR\r\n"),
        says(S, "226 Aborted\r\n"),
        says(C, "QUIT\r\n"),
        says(S, "221 bye\r\n"),
    ]);
    let want = "protocol=ftp; greeting=Welcome to FTP; system=UNIX Type: L8; login=me; login_reply=230; commands=USER: 1, PASS: 1, SYST: 1, PASV: 1, RETR: 1, EPSV: 1, LIST: 1, PORT: 1, ABOR: 1, QUIT: 1; transfers_done=1; transfers_failed=1; data_connections=passive 10.0.0.2:50000, passive port 50001, active 10.0.0.1:20; last_reply=221";
    assert_eq!(told(&acts), want);
    assert!(!told(&acts).contains("secret"));
}

#[test]
fn tls_takes_over() {
    let acts = [says(S, "220 FTP\r\n"), says(C, "AUTH TLS\r\n"), says(S, "234 ok\r\n\x16\x03")];
    let want = "protocol=ftp; greeting=FTP; auth_tls=accepted; commands=AUTH: 1; last_reply=234";
    assert_eq!(told(&acts), want);
    assert_eq!(verdict(&acts), Verdict::Switched { consumed: 8 });
    let acts = [says(S, "220 FTP\r\n"), says(C, "AUTH SSL\r\n"), says(S, "502 no\r\n")];
    assert!(told(&acts).contains("auth_tls=refused"));
}

#[test]
fn a_server_that_is_not_ready_yet_greets_later() {
    let acts = [
        says(S, "120 Wait\r\n"),
        says(S, "220 FTP\r\n"),
        says(C, "USER x\r\n"),
        says(S, "530 no\r\n"),
    ];
    let want =
        "protocol=ftp; greeting=FTP; login=x; login_reply=530; commands=USER: 1; last_reply=530";
    assert_eq!(told(&acts), want);
}

#[test]
fn a_loss_ends_it() {
    for side in [C, S] {
        let acts = after(vec![
            Act::Loses(side, 10),
            says(C, "PASV\r\n"),
            says(S, "227 (1,2,3,4,5,6)\r\n"),
        ]);
        assert_eq!(
            told(&acts),
            format!("{BEGUN}commands=USER: 1, PASS: 1; last_reply=230; incomplete=yes")
        );
        assert_eq!(verdict(&acts), Verdict::Over { consumed: 0 });
    }
}

#[test]
fn what_is_no_reply_ends_it() {
    assert!(matches!(verdict(&after(vec![says(S, "hello\r\n")])), Verdict::Dead(_)));
}

/// Reaches `FTP_LINE`.
#[test]
fn a_long_line_is_cut() {
    let acts = [says(S, format!("220 {}\r\n", "a".repeat(FTP_LINE)))];
    assert_eq!(told(&acts).matches('a').count(), FTP_LINE - 4 + "last_reply".matches('a').count());
}

/// Reaches `FTP_VERBS`.
#[test]
fn more_commands_are_counted_together() {
    // These switch, or are shown otherwise.
    let verbs = verbs::all().filter(|verb| !["AUTH", "PASS", "USER"].contains(verb));
    let acts: Vec<_> = verbs
        .take(FTP_VERBS + 1)
        .flat_map(|verb| [says(C, format!("{verb}\r\n")), says(S, "500 what?\r\n")])
        .collect();
    let told = told(&acts);
    assert_eq!(told.matches(": 1").count(), FTP_VERBS, "{told}");
    assert!(told.contains("; other_commands=1;"), "{told}");
}

/// A password that was typed too late, as one word.
#[test]
fn a_word_that_is_no_command_is_not_shown() {
    let told = told(&after(vec![says(C, "Swordfish\r\n"), says(S, "500 what?\r\n")]));
    assert!(told.contains("other_commands=1") && !told.to_lowercase().contains("swordfish"));
}

/// Reaches `FTP_PLACES`.
#[test]
fn more_data_connections_are_not_named() {
    let acts: Vec<_> = (0..=FTP_PLACES)
        .flat_map(|n| [says(C, "EPSV\r\n"), says(S, format!("229 (|||{}|)\r\n", 50_000 + n))])
        .collect();
    let told = told(&acts);
    assert_eq!(told.matches("passive").count(), FTP_PLACES);
    assert!(told.contains("data_connections_more=yes"));
}

/// Reaches `FTP_WAITING`.
#[test]
fn a_client_that_does_not_wait_is_not_followed() {
    let many = |count| after(vec![says(C, "NOOP\r\n".repeat(count))]);
    assert_eq!(verdict(&many(FTP_WAITING)), Verdict::Continue);
    let consumed = 6 * (FTP_WAITING + 1);
    assert_eq!(verdict(&many(FTP_WAITING + 1)), Verdict::Over { consumed });
}
