/* A small picture of a part of a graph: columns by depth, inputs on the left. */

function layers(parts, sizes) {
  /* parts: in order, inputs first; each has an id, the ids of its inputs among them, and, where they differ from the
     sizes, how wide it is and how much room it needs from top to bottom. Gives each its x and y, and the places between through which a long edge passes. */
  const users = new Map(parts.map((part) => [part.id, []]));
  for (const part of parts) for (const x of part.inputs) users.get(x).push(part.id);
  const depth = new Map();
  for (const { id, inputs } of parts) depth.set(id, inputs.length ? 1 + Math.max(...inputs.map((x) => depth.get(x))) : 0);
  for (const { id } of parts.slice().reverse()) { /* each stands next to what needs it first */
    if (users.get(id).length) depth.set(id, Math.min(...users.get(id).map((user) => depth.get(user))) - 1);
  }
  const columns = [];
  const put = (column, cell) => ((columns[column] ??= []).push({ left: [], right: [], y: 0, ...cell }), columns[column].at(-1));
  const cells = new Map();
  for (const { id, tall = sizes.row, wide = sizes.card } of parts) cells.set(id, put(depth.get(id), { id, tall, wide }));
  const lanes = new Map();
  for (const { id, inputs } of parts) {
    inputs.forEach((x, slot) => { /* through every column between, an edge has a lane */
      const between = [];
      for (let k = depth.get(x) + 1; k < depth.get(id); k += 1) between.push(put(k, { tall: sizes.lane ?? 0, wide: 0 }));
      const stops = [cells.get(x), ...between, cells.get(id)];
      stops.slice(1).forEach((stop, k) => {
        stop.left.push([stops[k], 0]);
        stops[k].right.push([stop, 1e-3 * slot]);
      });
      lanes.set(`${x} ${slot} ${id}`, between);
    });
  }
  const mean = (of, otherwise) => (of.length ? of.reduce((sum, [cell, slot]) => sum + cell.y + slot, 0) / of.length : otherwise);
  const arrange = (column, side) => {
    const wished = column.map((cell) => [mean(cell[side], cell.y), cell]).sort((a, b) => a[0] - b[0]);
    apart(wished);
  };
  const inward = columns.slice().reverse();
  for (const column of inward) arrange(column, "right");
  for (let pass = 0; pass < 3 && sizes.lane; pass += 1) {
    for (const column of columns) arrange(column, "left");
    for (const column of inward) arrange(column, "right");
  }
  const all = columns.flat();
  const top = Math.min(...all.map((cell) => cell.y - cell.tall / 2));
  const height = Math.max(...all.map((cell) => cell.y + cell.tall / 2)) - top;
  const lefts = [];
  let width = 0;
  for (const column of columns) {
    lefts.push(width);
    width += Math.max(...column.map((cell) => cell.wide)) + sizes.column - sizes.card;
  }
  const place = (id) => ({ x: lefts[depth.get(id)], y: cells.get(id).y - top });
  const through = (x, slot, id) => lanes.get(`${x} ${slot} ${id}`).map((cell, k) => {
    const at = depth.get(x) + 1 + k;
    return { x: lefts[at], end: (lefts[at + 1] ?? width) - sizes.column + sizes.card, y: cell.y - top };
  });
  return { place, through, width: width - (sizes.column - sizes.card), height };

  /* Each where it wishes to be, or as near to it as those before and behind it let it. */
  function apart(wished) {
    const blocks = [];
    let offset = 0;
    wished.forEach(([wish, cell], k) => {
      if (k) offset += (wished[k - 1][1].tall + cell.tall) / 2;
      blocks.push({ sum: wish - offset, cells: [[cell, offset]] });
      for (let b = blocks.length - 1; b > 0 && blocks[b - 1].sum / blocks[b - 1].cells.length > blocks[b].sum / blocks[b].cells.length; b -= 1) {
        blocks[b - 1].sum += blocks[b].sum;
        blocks[b - 1].cells.push(...blocks.pop().cells);
      }
    });
    for (const { sum, cells: inside } of blocks) for (const [cell, at] of inside) cell.y = sum / inside.length + at;
  }
}
