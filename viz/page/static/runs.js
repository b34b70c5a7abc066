/* Several runs: how an update came about, gradients that were left over, what nodes held; and a summary. */

EXTRAS.push(({ say, lesson, find, model }) => {
  const FEW = 8;
  const isArray = (x) => x !== null && typeof x === "object";
  const told = () => model().lesson; /* of the run that is shown */
  const written = (x) => ofNumber(x, asWritten(x));
  const behind = (x) => (written(x).level < LEVEL.atom ? fenced(written(x).math) : written(x).math);
  const result = (x) => `<mrow class="result">${ofNumber(x).math}</mrow>`;
  const held = () => new Map(told().held);
  const aside = (key) => `<mtext>&#160;(${escape(say(key))})</mtext>`;
  let made = null;

  function card(before) {
    made = before;
    return { ...made, formula, sentence, ledgerTable };
  }

  function formula(step, before, after) {
    if (step.kind === "update") return step.nodes.slice(0, FEW).map((x) => update(x, held().get(x) ?? after.grads[x])).join("");
    if (step.kind !== "seed") return made.formula(step, before, after);
    const left = told().stale.slice(0, FEW).filter(([, x]) => !isArray(x));
    return made.formula(step, before, after) + left.map(([x, was]) => made.line(made.gradientMath(x), mo("="), ofNumber(was).math, aside("left_over"))).join("");
  }

  /* A parameter before and after: by the rate, where the update was plain gradient descent, else by how much. */
  function update(index, grad) {
    const { rate } = told();
    const [was, now] = [model().values[index], model().updates.get(index)];
    const { math: name, level } = made.nameOf(index);
    const itself = level < LEVEL.name ? fenced(name) : name;
    const slope = made.gradientMath(index);
    const eta = "<mi>η</mi>";
    const change = row("<mi mathvariant=\"normal\">Δ</mi>", itself);
    const symbols = made.line(itself, mo("←"), itself, ...(rate ? [mo(MINUS), eta, mo("·"), slope] : [mo("+"), change]));
    if (isArray(was)) {
      const moved = rate ? [] : [[`Δ${model().nodes[index].name}`, difference(now, was)]];
      const known = rate ? `<p class="more">${math(row(eta, mo("="), written(rate).math))}</p>` : "";
      return symbols + known + made.heats([[say("before"), was], [made.gradientName(index), grad], ...moved, [say("after"), now]]);
    }
    const gradient = rate || typeof grad !== "number" ? "" : made.line(slope, mo("="), ofNumber(grad).math);
    const by = rate ? [mo(MINUS), written(rate).math, mo("·"), behind(grad)] : [mo("+"), behind(now - was)];
    return gradient + symbols + made.line(mo("="), written(was).math, ...by) + made.line(mo("="), result(now));
  }
  const difference = (x, y) => {
    const d = x.d.map((v, k) => v - y.d[k]);
    return { ...x, d, lo: Math.min(...d), hi: Math.max(...d) };
  };

  function sentence(step) {
    if (step.kind !== "update") return made.sentence(step);
    const { rate, by } = told();
    const said = rate ? say("update_rate", { rate: asWritten(rate) }) : say("update_own");
    const changed = step.nodes.some((x) => held().has(x)) ? [say("changed")] : [];
    return [said, ...changed, ...(by ? [say("made_by", { by })] : [])].join("\n");
  }

  /* The ledger begins with what was there. */
  function ledgerTable(index, until) {
    const left = told().stale.find(([x]) => x === index);
    if (!left) return made.ledgerTable(index, until);
    const number = isArray(left[1]) ? "–" : escape(format(left[1]));
    const cells = `<td>✓</td><td></td><td>${escape(say("left_over"))}</td><td>${number}</td><td>${number}</td>`;
    return made.ledgerTable(index, until, `<tr class="stale">${cells}</tr>`);
  }

  function show(step, before, known) {
    const all = told().forgotten || [];
    const about = step.kind === "seed" ? all : step.kind === "backward" ? all.filter((x) => step.nodes.includes(x)) : [];
    const names = about.slice(0, FEW).map((x) => model().nodes[x].name).join(", ");
    if (names) find(".reason").textContent = say("stale", { names });
    const isDone = step.kind === "update" || step.events === model().events.length;
    const lines = [];
    for (const [index, was] of isDone ? held() : []) {
      const right = known.grads[index];
      if (isArray(was) || isArray(right)) {
        lines.push(made.heats([[`${made.gradientName(index)} ${say("held")}`, was], [say("gives"), right]]));
        continue;
      }
      const text = find(`[id="n${index}"] .grad`);
      if (text) text.textContent = `∂ ${format(was)} ≠ ${right === null ? "–" : format(right)}`;
      const numbers = [ofNumber(was).math, aside("held"), mo("≠"), right === null ? mo("–") : ofNumber(right).math];
      lines.push(made.line(made.gradientMath(index), mo("="), ...numbers));
    }
    find(".held").innerHTML = lines.slice(0, FEW).join("") + (lines.length > FEW ? `<p class="more">${escape(say("and_more", { count: lines.length - FEW }))}</p>` : "");
  }

  function listen(section) {
    const box = document.createElement("div");
    box.innerHTML = lesson.summary[say.now()];
    if (lesson.first) section.prepend(box.firstChild);
    else find(".panel").append(box.firstChild);
    const own = document.createElement("div");
    own.className = "held";
    find(".live").append(own);
  }
  return { card, show, listen };
});
