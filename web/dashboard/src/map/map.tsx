// A map on a page: tracks and marks, in words as well for those who do not see it.

import { useEffect, useRef, useState } from "preact/hooks";
import { me } from "../api/client";
import { language, t } from "../i18n";
import { preferences, shownTheme } from "../state/preferences";
import type { Scene, SceneContent } from "./scene";

interface MapProps extends SceneContent {
  label: string;
  /** What the map is of: when it becomes another thing, the view moves there. */
  about: string;
  follow?: { latitude: number; longitude: number } | null;
}

export function MapView({ label, about, tracks, marks, follow }: MapProps) {
  const box = useRef<HTMLDivElement>(null);
  const [scene, setScene] = useState<Scene | null>(null);
  const { units, tiles: wanted } = preferences.value;
  const offered = me.value?.site.tiles ?? null;
  const tiles = wanted ? offered : null;
  const tongue = language();
  const theme = shownTheme.value;

  useEffect(() => {
    const into = box.current;
    if (!into) return;
    let made: Scene | undefined;
    let gone = false;
    const watch = new ResizeObserver(() => made?.resize());
    void import("./scene").then((module) => {
      if (gone) return;
      made = new module.Scene(into, {
        imperial: units === "imperial",
        tiles,
        zoomIn: t("map.zoomIn"),
        zoomOut: t("map.zoomOut"),
      });
      setScene(made);
      watch.observe(into);
    });
    return () => {
      gone = true;
      watch.disconnect();
      made?.remove();
      setScene(null);
    };
  }, [units, tiles, tongue, theme]);

  useEffect(() => {
    scene?.show({ tracks, marks }, about);
    if (follow) scene?.follow(follow);
  }, [scene, tracks, marks, about, follow]);

  return (
    <div class="map-frame" dir="ltr">
      <div class="map" ref={box} role="region" aria-label={label} />
    </div>
  );
}
