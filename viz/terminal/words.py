"""The texts of the stepper in a terminal, all of them, so that those of another language can be put in their place."""

WORDS = {
    "start": "start",
    "forward": "forward",
    "seed": "backward",
    "backward": "backward",
    "playing": "playing",
    "start_sentence": "The leaves have their values; nothing is computed yet.",
    "slopes": "local slope {slopes}",
    "slope": "by {name}: {number}",
    "ledger_title": "What pays into {name}",
    "paid": "{number} from {name}",
    "waits": "from {name}",
    "some": "({arrived} of {count})",
    "range": "{low} to {high}",
    "all": "all {low}",
    "more": "… and {count} more",
    "rows": "{first}–{last} of {count}",
    "hint": "← → step  space play  / find  ? help  q quit",
    "hint_short": "← →  space  / find  ? help  q quit",
    "find": "find: ",
    "unknown": "no node is named {name}",
    "near": "no node is named {name}; did you mean {near}?",
    "never": "{name} is given, and no gradient flows to it: no step is about it",
    "helped": "any key goes back",
    "help": """\
→ l n Enter   one step on
← h p         one step back
space         play, pause
Home g        the start
End G         the last step
PgUp PgDn     ten steps
/             to a node, by its name: to the step that
              computes it, and again to the one that
              completes its gradient
q Esc         leave

✓ done   ▸ now   · waiting   – not computed yet
▴ goes into it   ▾ pays into it""",
}
