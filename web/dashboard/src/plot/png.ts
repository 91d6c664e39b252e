// A plot as a picture: what is seen, on the ground of the theme, with its title and its lines'
// names.

import { saveBlob } from "../ui/download";

export interface Picture {
  title: string;
  lines: { label: string; color: string }[];
}

const MARGIN = 16;
const HEAD = 56;

export function savePng(canvas: HTMLCanvasElement, picture: Picture): void {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const scale = window.devicePixelRatio || 1;
  const whole = document.createElement("canvas");
  whole.width = canvas.width + 2 * MARGIN * scale;
  whole.height = canvas.height + (HEAD + MARGIN) * scale;
  const context = whole.getContext("2d");
  if (!context) return;
  context.fillStyle = color("--surface");
  context.fillRect(0, 0, whole.width, whole.height);
  context.drawImage(canvas, MARGIN * scale, HEAD * scale);
  context.scale(scale, scale);
  const family = getComputedStyle(document.body).fontFamily;
  context.fillStyle = color("--text");
  context.font = `600 16px ${family}`;
  context.fillText(picture.title, MARGIN, 24);
  context.font = `12px ${family}`;
  let x = MARGIN;
  for (const line of picture.lines) {
    context.fillStyle = color(line.color);
    context.fillRect(x, 38, 14, 3);
    context.fillStyle = color("--muted");
    context.fillText(line.label, x + 20, 43);
    x += 36 + context.measureText(line.label).width;
  }
  whole.toBlob((blob) => blob && saveBlob(blob, `${picture.title}.png`), "image/png");
}
