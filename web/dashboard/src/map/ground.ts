// The ground of a map without tiles: a grid of round distances, drawn here, that needs no network.
// The scale in the corner says how far it is from line to line.

import L from "leaflet";

const METERS_PER_DEGREE = 111_320;

/** The nearest round distance (1, 2 or 5 times a power of ten) that is at least so many metres. */
export function roundDistance(meters: number): number {
  const power = 10 ** Math.floor(Math.log10(meters));
  const factor = [1, 2, 5, 10].find((step) => step * power >= meters * 0.999) ?? 10;
  return factor * power;
}

export class Ground extends L.Layer {
  private canvas: HTMLCanvasElement | undefined;
  private redraw = () => this.draw();

  constructor(private color: () => string) {
    super();
  }

  override onAdd(map: L.Map): this {
    this.canvas = L.DomUtil.create("canvas", "map-ground", map.getPane("tilePane"));
    map.on("move zoom viewreset resize", this.redraw);
    this.draw();
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off("move zoom viewreset resize", this.redraw);
    this.canvas?.remove();
    return this;
  }

  /** Draws anew, as when the theme has changed. */
  draw(): void {
    const map = this._map as L.Map | undefined;
    const context = this.canvas?.getContext("2d");
    if (!map || !this.canvas || !context) return;
    const { x: width, y: height } = map.getSize();
    const sharp = window.devicePixelRatio || 1;
    this.canvas.width = width * sharp;
    this.canvas.height = height * sharp;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    context.scale(sharp, sharp);
    context.strokeStyle = this.color();
    const center = map.getCenter();
    const perPixel =
      (40_075_016.7 * Math.cos((center.lat * Math.PI) / 180)) / 2 ** (map.getZoom() + 8);
    const step = roundDistance(perPixel * 90);
    this.lines(context, map, step / METERS_PER_DEGREE, "lat");
    const stretch = Math.max(0.01, Math.cos((center.lat * Math.PI) / 180));
    this.lines(context, map, step / METERS_PER_DEGREE / stretch, "lng");
  }

  private lines(context: CanvasRenderingContext2D, map: L.Map, step: number, by: "lat" | "lng") {
    const { x: width, y: height } = map.getSize();
    const bounds = map.getBounds();
    const [first, last] =
      by === "lat" ? [bounds.getSouth(), bounds.getNorth()] : [bounds.getWest(), bounds.getEast()];
    context.beginPath();
    for (let line = Math.ceil(first / step); line * step <= last; line += 1) {
      const center = map.getCenter();
      const place: [number, number] =
        by === "lat" ? [line * step, center.lng] : [center.lat, line * step];
      const point = map.latLngToContainerPoint(place);
      if (by === "lat") {
        context.moveTo(0, Math.round(point.y) + 0.5);
        context.lineTo(width, Math.round(point.y) + 0.5);
      } else {
        context.moveTo(Math.round(point.x) + 0.5, 0);
        context.lineTo(Math.round(point.x) + 0.5, height);
      }
    }
    context.stroke();
  }
}
