/* Predict, then reveal: the number of a step is asked for, and a wrong answer is recognised. */

function prediction(model, say) {
  const score = { right: 0, asked: 0, seen: new Set() };

  /* What a step asks for: a number of one node, or nothing. */
  function question(step) {
    if (!step) return null;
    if (step.kind === "forward" && step.nodes.length === 1 && typeof model.values[step.nodes[0]] === "number") {
      return { node: step.nodes[0], field: "data", answer: model.values[step.nodes[0]] };
    }
    if (step.kind !== "backward" || step.events - step.first !== 1 || !model.isScalar) return null;
    const k = step.first;
    const event = model.events[k];
    const before = model.gradients(k);
    const upstream = before.grads[event.node];
    const paid = model.contribution(k, upstream);
    const was = before.grads[event.target] === null ? 0 : before.grads[event.target];
    return { node: event.target, field: "grad", answer: was + paid, event, upstream, paid, was, k };
  }

  /* As near as four digits tell, or as near as a person rounds. */
  const near = (x, y) => Math.abs(x - y) <= Math.max(0.006 * Math.abs(y), Math.min(5e-4, 0.05 * Math.abs(y))) || format(x) === format(y);

  const read = (text) => {
    const plain = text.trim().replace(/[−–]/g, "-").replace(/,(?=\d{3}(\D|$))/g, "").replace(",", ".").replace("∞", "Infinity");
    const parts = plain.split("/").map((part) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?Infinity$/i.test(part.trim()) ? Number(part) : NaN));
    return parts.length > 2 ? NaN : parts.length === 2 ? parts[0] / parts[1] : parts[0];
  };

  /* Which mistake a wrong number comes from, and what to look at. */
  function mistake(asked, given) {
    const name = (index) => model.nodes[index].name;
    if (asked.field === "grad") {
      const { event, upstream, paid, was } = asked;
      const local = model.slopes[event.node][event.slot];
      const ratio = `∂${name(event.node)}/∂${name(event.target)}`;
      const lit = { node: event.node, edge: [event.node, event.slot] };
      if (was !== 0 && near(given, paid)) return { text: say("assign", { before: format(was) }), node: event.target };
      if (was !== 0 && near(given, was)) return { text: say("missing_path", { node: name(event.node) }), ...lit };
      if (near(given, -asked.answer) || near(given, was - paid)) return { text: say("wrong_sign"), ...lit };
      if (near(given, upstream) || near(given, was + upstream)) return { text: say("missing_factor", { node: name(event.node), ratio }), ...lit };
      if (near(given, local) || near(given, was + local)) return { text: say("missing_upstream", { node: name(event.node) }), ...lit };
      const others = model.slopes[event.node];
      for (let slot = 0; slot < others.length; slot += 1) {
        const other = others[slot] === null ? NaN : upstream * others[slot];
        if (slot !== event.slot && (near(given, other) || near(given, was + other))) {
          const input = model.nodes[event.node].inputs[slot];
          const which = input.node === undefined ? format(input.constant) : name(input.node);
          return { text: say("other_input", { name: which }), ...lit };
        }
      }
    } else if (near(given, -asked.answer)) {
      return { text: say("wrong_sign"), node: asked.node };
    }
    return { text: say("wrong_number"), node: asked.node };
  }

  /* The verdict on an answer; only the first one at a step counts. */
  function check(key, asked, text) {
    const given = read(text);
    if (Number.isNaN(given) && !Number.isNaN(asked.answer)) return { kind: "none", text: say("not_a_number") };
    const right = near(given, asked.answer);
    if (!score.seen.has(key)) {
      score.seen.add(key);
      score.asked += 1;
      if (right) score.right += 1;
    }
    return right ? { kind: "right", text: say("correct") } : { kind: "wrong", ...mistake(asked, given) };
  }

  function skip(key) {
    if (score.seen.has(key)) return;
    score.seen.add(key);
    score.asked += 1;
  }
  function again() {
    Object.assign(score, { right: 0, asked: 0, seen: new Set() });
  }
  return { question, check, skip, again, score, near, read };
}
