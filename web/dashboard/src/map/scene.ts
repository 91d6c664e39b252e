// A Leaflet map that shows what it is told: tracks, marks, places. What stands on which map is the
// pages' matter; loaded when the first map is shown.

import L from "leaflet";
import "leaflet/dist/leaflet.css";
import type { Tiles } from "../api/types";
import { Ground } from "./ground";
import type { Place } from "./track";

export interface Mark {
  id: string;
  latitude: number;
  longitude: number;
  heading?: number | null;
  shape: "own" | "car" | "station" | "cursor";
  tone: "ok" | "warn" | "bad" | "quiet";
  label: string;
  /** From 0 to 1: how much it is believed; it is fainter for it. */
  confidence?: number | null;
}

export interface SceneContent {
  tracks: readonly Place[][];
  marks: readonly Mark[];
}

export interface SceneOptions {
  imperial: boolean;
  tiles: Tiles | null;
  zoomIn: string;
  zoomOut: string;
}

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export class Scene {
  private map: L.Map;
  private ground = new Ground(() => color("--grid"));
  private tracks = L.layerGroup();
  private marks = new Map<string, L.Marker>();
  private fitted = "";

  constructor(box: HTMLElement, options: SceneOptions) {
    this.map = L.map(box, {
      preferCanvas: true,
      zoomControl: false,
      attributionControl: options.tiles !== null,
      zoomSnap: 0.25,
      maxZoom: 19,
      minZoom: 3,
      zoomAnimation: false,
      fadeAnimation: false,
    });
    this.map.setView([0, 0], 15);
    L.control.zoom({ zoomInTitle: options.zoomIn, zoomOutTitle: options.zoomOut }).addTo(this.map);
    L.control.scale({ metric: !options.imperial, imperial: options.imperial }).addTo(this.map);
    if (options.tiles) {
      this.map.attributionControl.setPrefix(false);
      L.tileLayer(options.tiles.url, { attribution: escape(options.tiles.attribution) }).addTo(
        this.map,
      );
    } else {
      this.ground.addTo(this.map);
    }
    this.tracks.addTo(this.map);
  }

  /** Shows the content; the view moves only when `about` is another thing than before. */
  show(content: SceneContent, about: string): void {
    this.tracks.clearLayers();
    for (const piece of content.tracks) {
      const line = piece.map((place): [number, number] => [place.latitude, place.longitude]);
      L.polyline(line, { color: color("--surface"), weight: 7, opacity: 0.8 }).addTo(this.tracks);
      L.polyline(line, { color: color("--plot-1"), weight: 4 }).addTo(this.tracks);
    }
    const seen = new Set(content.marks.map((mark) => mark.id));
    for (const [id, marker] of this.marks) {
      if (seen.has(id)) continue;
      marker.remove();
      this.marks.delete(id);
    }
    for (const mark of content.marks) this.place(mark);
    if (this.fitted !== about && this.fit(content)) this.fitted = about;
    this.ground.draw();
  }

  /** Keeps a place in sight without changing the scale. */
  follow(place: { latitude: number; longitude: number }): void {
    const inner = this.map.getBounds().pad(-0.08);
    if (!inner.contains([place.latitude, place.longitude])) {
      this.map.panTo([place.latitude, place.longitude], { animate: false });
    }
  }

  resize(): void {
    this.map.invalidateSize({ animate: false });
  }

  remove(): void {
    this.map.remove();
  }

  private place(mark: Mark): void {
    const known = this.marks.get(mark.id);
    const marker = known ?? L.marker([0, 0], { icon: icon(mark), keyboard: false });
    marker.setLatLng([mark.latitude, mark.longitude]);
    if (!known) {
      marker.addTo(this.map);
      this.marks.set(mark.id, marker);
    }
    const element = marker.getElement();
    if (!element) return;
    element.className = `leaflet-marker-icon mark ${mark.shape} ${mark.tone}`;
    element.title = mark.label;
    element.style.opacity = String(0.35 + 0.65 * (mark.confidence ?? 1));
    const arrow = element.firstElementChild;
    if (arrow instanceof HTMLElement || arrow instanceof SVGElement) {
      arrow.style.transform = mark.heading == null ? "" : `rotate(${mark.heading}deg)`;
    }
    const name = element.lastElementChild;
    if (name) name.textContent = mark.shape === "cursor" ? "" : mark.label;
  }

  private fit(content: SceneContent): boolean {
    const places = [...content.tracks.flat(), ...content.marks].map((place): [number, number] => [
      place.latitude,
      place.longitude,
    ]);
    if (places.length === 0) return false;
    this.map.fitBounds(L.latLngBounds(places), { padding: [36, 36], maxZoom: 17, animate: false });
    return true;
  }
}

const SHAPES: Record<Mark["shape"], string> = {
  own: '<svg viewBox="0 0 24 24"><path d="M12 2 20 21l-8-4-8 4Z"/></svg>',
  car: '<svg viewBox="0 0 24 24"><path d="M12 3 19 20l-7-4-7 4Z"/></svg>',
  station: '<svg viewBox="0 0 24 24"><path d="M13 2 4 14h6l-1 8 10-13h-7Z"/></svg>',
  cursor: '<svg viewBox="0 0 24 24"><circle cx="12" cy="12" r="6"/></svg>',
};

function icon(mark: Mark): L.DivIcon {
  // Only our own drawings are markup; names are set as text.
  return L.divIcon({ className: "mark", iconSize: [26, 26], html: `${SHAPES[mark.shape]}<b></b>` });
}

function escape(text: string): string {
  const box = document.createElement("span");
  box.textContent = text;
  return box.innerHTML;
}
