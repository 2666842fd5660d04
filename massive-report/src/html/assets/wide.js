// Says of each box that scrolls on which side it goes on, so that nobody takes a
// column that is cut off for the last one.
"use strict";
(() => {
  function mark(box) {
    const rest = box.scrollWidth - box.clientWidth;
    box.classList.toggle("goes-on", rest > 1 && box.scrollLeft < rest - 1);
    box.classList.toggle("came-from", rest > 1 && box.scrollLeft > 1);
    const hint = box.nextElementSibling;
    if (hint?.classList.contains("hint")) hint.hidden = rest <= 1;
  }

  const boxes = [...document.querySelectorAll(".scroll")];
  const seen = new ResizeObserver((entries) => {
    for (const { target } of entries) mark(target.closest(".scroll"));
  });
  for (const box of boxes) {
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = "goes on to the side →";
    hint.hidden = true;
    box.after(hint);
    box.addEventListener("scroll", () => mark(box), { passive: true });
    seen.observe(box);
    if (box.firstElementChild) seen.observe(box.firstElementChild);
  }
})();
