/* A worksheet: numbers to fill in, each checked, and the mistake named where it is known. */

function worksheet(host, css, lesson, code) {
  const say = speaking(lesson.words);
  const model = computation(lesson, code[0]);
  model.steps("edge");
  const known = model.gradients(model.events.length);
  const root = host.attachShadow({ mode: "open" });
  const find = (selector) => root.querySelector(selector);
  for (const details of host.querySelectorAll("details")) {
    details.open = true; /* on paper it is a page of its own, under a heading */
    details.querySelector("summary").style.listStyle = "none";
  }
  const quiz = prediction(model, say);
  const { gradientMath } = cards(model, say);
  const tasks = lesson.tasks.map(([node, field]) => ({
    node, field, state: "open", text: "", given: null, lit: [],
    answer: field === "data" ? model.values[node] : known.grads[node] ?? 0,
  }));
  const isAsked = (node, field) => tasks.some((one) => one.node === node && one.field === field);
  const [hasValues, isBack] = ["data", "grad"].map((field) => tasks.some((one) => one.field === field));
  const isTold = (index) => isAsked(index, "grad") || (isBack && index === model.output);
  const told = hasValues ? { ...model.gradients(-1), grads: known.grads.map((grad, index) => (isTold(index) ? grad : null)) } : known; /* others would tell the values */
  const end = { kind: "end", nodes: [], computed: model.nodes.length, events: hasValues ? -1 : model.events.length };
  const nameOf = (index) => model.nodes[index].name;
  const isHidden = (node, field) => tasks.some((one) => one.node === node && one.field === field && ["open", "wrong"].includes(one.state));

  /* What is paid to a node, and what it would be from what was filled in for others. */
  const paidTo = (node) => model.events
    .map((event, k) => ({ ...event, amount: model.contribution(k, known.grads[event.node]) }))
    .filter((event) => event.target === node);
  const filled = (node) => tasks.find((one) => one.node === node && one.field === "grad" && one.state === "wrong");
  const amountFrom = ({ node, slot, amount }) => (filled(node) ? filled(node).given * model.slopes[node][slot] : amount);

  /* Which mistake a number comes from, and the edges of what is missing. */
  function mistake({ node, field, answer }, given) {
    const near = (x) => quiz.near(given, x);
    if (field === "data") return { text: say(near(-answer) ? "wrong_sign" : "wrong_number"), edges: [] };
    const paid = paidTo(node);
    const wrong = paid.map((one) => filled(one.node)).find(Boolean);
    if (wrong && near(paid.map(amountFrom).reduce((x, y) => x + y))) {
      return { text: say("carried_over", { what: model.asked(wrong) }), edges: [], node: wrong.node };
    }
    if (near(-answer)) return { text: say("wrong_sign"), edges: paid };
    const last = paid[paid.length - 1];
    if (paid.length > 1 && near(last.amount)) return { text: say("assign", { before: format(answer - last.amount) }), edges: paid.slice(0, -1) };
    const missing = paid.length > 1 && paid.find((one) => near(answer - one.amount));
    if (missing) return { text: say("missing_path", { node: nameOf(missing.node) }), edges: [missing] };
    const only = paid.length > 2 && paid.find((one) => near(one.amount));
    if (only) return { text: say("one_path", { node: nameOf(only.node) }), edges: paid.filter((one) => one !== only) };
    for (const one of paid) {
      const [from, slopes, upstream] = [one.node, model.slopes[one.node], known.grads[one.node]];
      const rest = answer - one.amount;
      const ratio = `${model.d(from)}/${model.d(node)}`;
      if (near(rest + upstream)) return { text: say("missing_factor", { node: nameOf(from), ratio }), edges: [one] };
      if (near(rest + slopes[one.slot])) return { text: say("missing_upstream", { node: nameOf(from) }), edges: [one] };
      const other = slopes.findIndex((slope, k) => k !== one.slot && slope !== null && near(rest + upstream * slope));
      if (other >= 0) return { text: say("other_input", { name: nameOf(model.nodes[from].inputs[other].node) }), edges: [one] };
    }
    return { text: say("wrong_number"), edges: [] };
  }

  function check(task, text) {
    if (["right", "solved"].includes(task.state)) return;
    Object.assign(task, { state: "open", text: "", lit: [] });
    if (text.trim() === "") return;
    task.given = quiz.read(text, task.answer);
    if (task.given === null) return void (task.text = say("not_a_number"));
    if (quiz.near(task.given, task.answer)) return void Object.assign(task, { state: "right", text: "✓" });
    const found = mistake(task, task.given);
    const nodes = [task.node, found.node, ...found.edges.map((edge) => edge.node)];
    const lit = [...nodes.filter((index) => index !== undefined).map((index) => `n${index}`), ...found.edges.map(({ node, slot }) => `e${node}_${slot}`)];
    Object.assign(task, { state: "wrong", text: found.text, lit });
  }

  const item = (task, k) => {
    const name = task.field === "grad" ? gradientMath(task.node) : model.nodes[task.node].math;
    return `<div class="task" data-task="${k}"><label for="t${k}">${math(name)}</label>
      <input id="t${k}" type="text" autocomplete="off" aria-label="${escape(model.asked(task))}" aria-describedby="o${k}"><output id="o${k}" for="t${k}"></output></div>`;
  };
  const part = (field, heading) => {
    const items = tasks.map((task, k) => (task.field === field ? item(task, k) : "")).join("");
    return items && `<p class="sentence">${escape(say(heading))}</p><div class="tasks">${items}</div>`;
  };
  root.innerHTML = `<style>${css}</style>
    <section class="stepper" role="group" aria-label="${escape(say("worksheet"))}" lang="${say.now()}">
      <div class="top"><div class="picture" tabindex="0" role="region" aria-label="${escape(say("alternative"))}"></div><div class="map" hidden></div>
        <div class="zoom">${zooming(say)}</div></div>
      <form class="panel">${part("data", "fill_values")}${part("grad", "fill_grads")}
        <p class="asks"><button type="submit">${escape(say("check"))}</button> <button type="button" class="solve">${escape(say("solution"))}</button></p>
        <p class="more">${escape(say("tolerance"))}</p><p class="score" aria-live="polite"></p></form>
    </section><div class="print"><slot></slot></div>`;
  const section = find("section");
  const view = pictured(standing(host.querySelector("svg, img"), find(".picture"), find(".map"), say), find(".picture"), model, say);

  /* The missing thing of one task: of the one that the reader is at, or of the first. */
  function light(task) {
    section.querySelectorAll(".missing").forEach((one) => one.classList.remove("missing"));
    for (const id of task ? task.lit : []) section.querySelector(`.picture [id="${id}"]`)?.classList.add("missing");
  }
  const rowOf = (k) => find(`[data-task="${k}"]`);
  const taskAt = (element) => tasks[element.closest("[data-task]")?.dataset.task];
  function show() {
    tasks.forEach(({ state, text }, k) => {
      const input = rowOf(k).querySelector("input");
      rowOf(k).className = `task ${state}`;
      rowOf(k).querySelector("output").textContent = text;
      input.readOnly = ["right", "solved"].includes(state);
      input.setAttribute("aria-invalid", state === "wrong");
    });
    view.show(end, told, isHidden);
    const current = root.activeElement && taskAt(root.activeElement);
    light(current?.lit.length ? current : tasks.find((task) => task.lit.length));
  }
  view.first();
  show();

  section.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const [k, task] of tasks.entries()) check(task, rowOf(k).querySelector("input").value);
    find(".score").textContent = say("score", { right: tasks.filter((task) => task.state === "right").length, count: tasks.length });
    show();
  });
  section.addEventListener("click", (event) => {
    const control = event.target.closest("button");
    if (!control) return;
    if (control.dataset.zoom) view.zoom(control.dataset.zoom);
    if (!control.classList.contains("solve")) return;
    for (const task of tasks) if (task.state !== "right") Object.assign(task, { state: "solved", text: `= ${format(task.answer)}`, lit: [] });
    show();
  });
  section.addEventListener("focusin", (event) => taskAt(event.target)?.lit.length && light(taskAt(event.target)));
  section.addEventListener("keydown", (event) => event.target.matches("input") && event.stopPropagation());
}
