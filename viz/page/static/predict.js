/* Predict, then reveal: the number of a step is asked for, and a wrong answer is recognised. */

function prediction(model, say) {
  const score = { right: 0, wrong: new Map(), seen: new Set() };

  /* What a step asks for: the numbers of nodes, and what they are after each contribution; of arrays nothing. */
  function questions({ kind, nodes, first, events }) {
    if (kind === "forward") return nodes.filter((node) => typeof model.values[node] === "number").map((node) => ({ key: `${node}`, node, field: "data" }));
    if (kind !== "backward" || !model.isScalar) return [];
    return model.events.slice(first, events).map(({ node, slot, target }, i) => ({ key: `${node} ${slot}`, node: target, field: "grad", k: first + i }));
  }

  /* The first of them that was not answered yet, and the part of the step that it is about; or nothing. */
  function question(step) {
    const asked = questions(step).find(({ key }) => !score.seen.has(key));
    if (!asked) return null;
    const { node, k } = asked;
    if (asked.field === "data") return { ...asked, answer: model.values[node], part: { ...step, nodes: [node], computed: model.rank[node] } };
    const event = model.events[k];
    const { grads, arrived } = model.gradients(k);
    const upstream = grads[event.node];
    const paid = model.contribution(k, upstream);
    const was = grads[node] ?? 0;
    const isPart = grads[node] !== null || model.totals[node] > 1; /* it is a sum, of which this step is one */
    const part = { ...step, nodes: [node], first: k, events: k + 1 };
    return { ...asked, answer: was + paid, event, upstream, paid, was, isPart, arrived: arrived[node] + 1, part };
  }

  function text({ node, field, isPart, arrived }) {
    if (!isPart) return say("ask", { what: model.asked({ node, field }) });
    return say("ask_partial", { name: model.nodes[node].name, arrived, count: model.totals[node] });
  }

  /* As near as four digits tell, or as near as a person rounds what is no whole number. */
  function near(x, y) {
    const size = Math.abs(y);
    const rounded = Math.abs(y - Math.round(y)) <= 1e-9 * size ? 5e-4 : 6e-3;
    return format(x) === format(y) || (Number.isFinite(y) && Math.abs(x - y) <= Math.max(rounded * size, Math.min(5e-4, 0.05 * size)));
  }

  const value = (text) => {
    const parts = text.split("/").map((part) => {
      if (/^[+-]?nan$/i.test(part.trim())) return NaN;
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?Infinity$/i.test(part.trim()) ? Number(part) : null;
    });
    if (parts.length > 2 || parts.includes(null)) return null;
    return parts.length === 2 ? parts[0] / parts[1] : parts[0];
  };

  /* What was typed, in whatever notation; where a comma may group digits or begin a fraction, as the answer has it. */
  const read = (text, answer) => {
    const plain = text.normalize("NFKC").replace(/[−‒–—]/g, "-").replace(/。/g, ".").replace(/⁄/g, "/")
      .replace(/\s*[·⋅×*]\s*10\s*\^?\s*\(?([+-]?\d+)\)?/g, "e$1").replace(/∞|\binf\b/gi, "Infinity").replace(/^\s*=|\s/g, "");
    const found = [plain.replace(/,(?=\d{3}(\D|$))/g, ""), plain.replace(",", ".")].map(value).filter((x) => x !== null);
    return found.find((x) => near(x, answer)) ?? found[0] ?? null;
  };

  /* Which mistake a wrong number comes from, and what to look at. */
  function mistake(asked, given) {
    const found = mistakes(asked).find(([number]) => near(given, number));
    const [, key, fields, lit = { node: asked.node }] = found ?? [null, "wrong_number"];
    return { text: say(key, fields), ...lit };
  }

  /* The numbers that mistakes lead to, the likeliest first: one mistake before two. */
  function mistakes({ answer, field, node, k, event, upstream, paid, was, arrived }) {
    const name = (index) => model.nodes[index].name;
    if (field === "data") return [[-answer, "wrong_sign"]];
    const from = event.node;
    const lit = { node: from, edge: [from, event.slot] };
    const slopes = model.slopes[from];
    const local = slopes[event.slot];
    const alone = was === 0 ? [] : [[paid, "assign", { before: format(was) }], [was, "missing_path", { node: name(from) }, lit]];
    const isTurned = upstream < 0 || local < 0; /* then a sign is easily lost */
    const signs = [-answer, ...(isTurned ? [was - paid] : [])].map((x) => [x, "wrong_sign", {}, lit]);
    const factors = (start) => [
      [start + upstream, "missing_factor", { node: name(from), ratio: `${model.d(from)}/${model.d(node)}` }, lit],
      [start + local, "missing_upstream", { node: name(from) }, lit],
      ...model.nodes[from].inputs.flatMap((x, slot) => {
        if (slot === event.slot || slopes[slot] === null) return [];
        return [[start + upstream * slopes[slot], "other_input", { name: x.node === undefined ? format(x.constant) : name(x.node) }, lit]];
      }),
    ];
    const { grads } = model.gradients(k);
    const before = arrived < 3 ? [] : model.events.slice(0, k).map((one, j) => [model.contribution(j, grads[one.node]), one])
      .filter(([, one]) => one.target === node).map(([x, one]) => [x, "one_path", { node: name(one.node) }, lit]);
    return [...alone, ...signs, ...factors(was), ...before, ...(was === 0 ? [] : factors(0))];
  }

  /* Whether it is what the gradient ends with, where more is to come. */
  function isWhole({ node, field, arrived }, given) {
    if (field === "data" || arrived >= model.totals[node]) return false;
    const end = model.gradients(model.events.length);
    return end.arrived[node] === model.totals[node] && near(given, end.grads[node]);
  }

  /* The verdict on an answer; only the first one to a question counts, and what was no answer to it does not. */
  function check(asked, text) {
    const given = read(text, asked.answer);
    if (given === null) return { kind: "none", text: say("not_a_number") };
    const right = near(given, asked.answer);
    if (!right && isWhole(asked, given)) {
      return { kind: "none", text: say("whole_gradient", { count: model.totals[asked.node], arrived: asked.arrived }) };
    }
    if (right && !score.seen.has(asked.key)) score.right += 1;
    if (!right) skip(asked);
    score.seen.add(asked.key);
    return right ? { kind: "right", text: say("correct") } : { kind: "wrong", ...mistake(asked, given) };
  }

  function skip({ key, node, field }) {
    if (!score.seen.has(key)) score.wrong.set(`${field} ${node}`, { node, field });
    score.seen.add(key);
  }
  function again() {
    Object.assign(score, { right: 0, wrong: new Map(), seen: new Set() });
  }
  return { questions, question, text, check, skip, again, score, near, read };
}
