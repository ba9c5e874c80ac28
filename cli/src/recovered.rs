//! What was found when an archive was opened for work after a stop: told by whichever command opened it.

use crate::say::Speaker;
use pipeline::Recovered;
use serde_json::json;

/// One line to people, or to programs.
pub(crate) fn tell(found: &Recovered, speaker: Speaker) {
    let (text, hint) = (found.text(speaker.lang), found.hint(speaker.lang));
    if speaker.json {
        speaker.line(
            "recovered",
            json!({
                "state": found.state.code(), "archive": found.root, "case": found.case.as_ref().map(|code| code.as_str()),
                "object": found.object.as_ref().map(|id| id.as_str()), "version": found.version,
                "place": found.place, "text": text, "hint": hint,
            }),
        );
        return;
    }
    let root = found.root.display();
    speaker.talk(match speaker.lang {
        record::Lang::Vi => format!("kho {root}, sau khi bị ngắt: {text}"),
        record::Lang::En => format!("archive {root}, after a stop: {text}"),
    });
    if let Some(hint) = hint {
        speaker.talk(format_args!("  {}: {hint}", speaker.pick("gợi ý", "hint")));
    }
}
