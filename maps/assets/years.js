// A day is chosen by a slider: the mark of that day is shown in every panel beside it.
for (const box of document.querySelectorAll(".years")) {
  const slider = box.querySelector("input"),
    shown = box.querySelector("output");
  const days = slider.dataset.days.split(" ");
  const step = () => {
    shown.textContent = days[slider.value];
    slider.setAttribute("aria-valuetext", days[slider.value]);
    // The small map that tells of that day, or of the last before it.
    const maps = [...box.querySelectorAll("[data-from]")];
    const past = maps.filter((map) => map.dataset.from <= days[slider.value]).at(-1);
    for (const map of maps) map.classList.toggle("now", map === past);
    for (const panel of box.querySelectorAll("figure:not([data-from]) svg")) {
      const mark = panel.querySelector(`[data-day="${slider.value}"]`);
      const at = panel.querySelector(".at");
      at.querySelector("text").textContent = mark ? mark.dataset.said : "not known";
      for (const part of at.querySelectorAll("line,circle")) {
        part.setAttribute("visibility", mark ? "visible" : "hidden");
        if (!mark) continue;
        for (const key of ["cx", "cy"]) part.setAttribute(key, mark.getAttribute(key));
        for (const key of ["x1", "x2"]) part.setAttribute(key, mark.getAttribute("cx"));
      }
    }
  };
  slider.addEventListener("input", step);
  step();
}
