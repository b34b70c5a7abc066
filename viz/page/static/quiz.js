/* The question of a step, in the place of its result: the form, the verdict, what is lit, the score. */

function quizzing({ say, find, section, model, card, steps, at, show }) {
  let quiz = prediction(model(), say);
  let isOn = false;
  let hidden = null; /* what is asked for */

  const question = (step) => (hidden = isOn ? quiz.question(step) : null);
  const missing = (...found) => {
    section().querySelectorAll(".missing").forEach((one) => one.classList.remove("missing"));
    for (const one of found) if (one) one.classList.add("missing");
  };
  const verdict = (text, kind = "") => {
    find(".verdict").textContent = text;
    find(".verdict").className = `verdict ${kind}`;
  };

  function ask(step, before, known) {
    const form = find(".ask");
    form.hidden = !hidden;
    missing();
    verdict("");
    scored();
    if (!hidden) {
      if (isOn && ["forward", "backward"].includes(step.kind) && !quiz.questions(step).length) verdict(say("not_asked"));
      return;
    }
    form.querySelector("span").textContent = quiz.text(hidden);
    const lines = card().formula(step, before, known);
    find(".formula").innerHTML = lines.slice(0, lines.indexOf("</div>") + 6); /* the symbols, without the numbers */
    form.querySelector("input").value = "";
  }
  const take = () => hidden && find(".ask input").focus({ preventScroll: true });

  /* How many were right; at the end what is open, and what was not right at first. */
  function scored() {
    const { right, wrong, seen } = quiz.score;
    const counts = isOn && seen.size > 0;
    const isEnd = counts && at() === steps().length - 1 && !hidden;
    find(".score").textContent = counts ? say("score", { right, count: seen.size }) : "";
    find(".score").classList.toggle("final", isEnd);
    const open = isEnd ? steps().flatMap(quiz.questions).filter(({ key }) => !seen.has(key)).length : 0;
    const links = [...wrong.values()].map((one) => `<button type="button" class="link" data-node="${one.node}">${escape(model().asked(one))}</button>`);
    const parts = [
      open ? escape(say("unanswered", { count: open })) : "",
      links.length ? `${escape(say("look_again"))} ${links.join(" ")}` : "",
      `<button type="button" class="again">${escape(say("again"))}</button>`,
    ];
    find(".outcome").innerHTML = isEnd ? parts.filter(Boolean).join("<br>") : "";
  }

  function answer() {
    if (!hidden) return;
    const found = quiz.check(hidden, find(".ask input").value);
    if (found.kind === "none") {
      find(".ask input").select();
      return verdict(found.text);
    }
    if (found.kind === "right") onward();
    else {
      scored();
      const edge = found.edge && section().querySelector(`[id="e${found.edge[0]}_${found.edge[1]}"]`);
      missing(edge, section().querySelector(`[id="n${found.node}"]`));
      take();
      find(".ask input").select();
    }
    verdict(found.text, found.kind);
  }

  function reveal() {
    quiz.skip(hidden);
    onward();
  }

  /* To the next question of the step, or to the step. */
  function onward() {
    show(at());
    take();
  }

  /* Other numbers are other questions, and so are those of another run. */
  const again = () => isOn && quiz.again();
  const renew = () => (quiz = prediction(model(), say));
  function turn(on) {
    isOn = on;
    quiz.again();
    show(at());
  }

  return { question, ask, take, answer, reveal, again, renew, turn, isOn: () => isOn, isAsking: () => Boolean(hidden) };
}
