"use strict";
const frame = document.getElementById("message");
const px = (value) => parseFloat(value) || 0;

function look(element, view, opacity) {
  const style = view.getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const sides = (name, suffix, ...which) => which.reduce((sum, side) => sum + px(style[name + side + suffix]), 0);
  const drawn = element.tagName === "IMG" || element.checkVisibility({opacityProperty: true, visibilityProperty: true});
  return {
    font: px(style.fontSize), weight: px(style.fontWeight) || 400, colour: style.color, fill: style.backgroundColor,
    image: style.backgroundImage !== "none", opacity: opacity * (isNaN(parseFloat(style.opacity)) ? 1 : style.opacity),
    across: sides("padding", "", "Left", "Right") + sides("border", "Width", "Left", "Right"),
    down: sides("padding", "", "Top", "Bottom") + sides("border", "Width", "Top", "Bottom"),
    width: box.width, height: box.height, bottom: box.bottom, transform: style.textTransform,
    shown: drawn && !(style.overflow !== "visible" && (box.width < 2 || box.height < 2))
      && (element.tagName === "HTML" || (box.right > 0 && box.bottom > 0)) && px(style.textIndent) > -500,
  };
}

function nodes(root, view) {
  const found = [];
  const stack = [[root, -1, 1]];
  while (stack.length && found.length < 20000) {
    const [node, parent, opacity] = stack.pop();
    if (node.nodeType === 3) {
      if (node.data.trim()) found.push({t: "#text", p: parent, x: node.data});
      continue;
    }
    if (node.nodeType !== 1) continue;
    const attributes = {};
    for (const each of node.attributes) attributes[each.name.slice(0, 100)] = each.value.slice(0, 4000);
    const style = look(node, view, opacity);
    found.push({t: node.localName, p: parent, a: attributes, s: style});
    const index = found.length - 1;
    const inside = node.localName === "template" ? [] : Array.from(node.childNodes).reverse();
    for (const child of inside) stack.push([child, index, style.opacity]);
  }
  return found;
}

function encoded(text) {
  let bytes = "";
  for (const each of new TextEncoder().encode(text)) bytes += String.fromCharCode(each);
  return btoa(bytes);
}

frame.addEventListener("load", () => {
  const told = {};
  for (const width of [360, 700]) {
    frame.style.cssText = `border:0;height:2000px;width:${width}px`;
    const inside = frame.contentDocument;
    told[width] = nodes(inside.documentElement, frame.contentWindow);
  }
  document.documentElement.textContent = `measured:${encoded(JSON.stringify(told))}:`;
});
