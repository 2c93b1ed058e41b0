// SPDX-License-Identifier: Apache-2.0
// Zoom and pan of the compared pictures: wheel, pinch, drag, keys.
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type PointerEvent as ReactPointerEvent } from "react";

const MARGIN = 16;
const MAX_ZOOM = 16;

interface Place {
  /** 0: fit into the stage */
  zoom: number;
  /** centre of the stage in the picture, 0..1 */
  x: number;
  y: number;
}

const FIT: Place = { zoom: 0, x: 0.5, y: 0.5 };
const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

export function useView() {
  const stage = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 1, height: 1 });
  const [natural, setNaturalState] = useState({ width: 0, height: 0 });
  const [place, setPlace] = useState(FIT);

  useLayoutEffect(() => {
    const element = stage.current;
    if (!element) return;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  const fitZoom = natural.width
    ? Math.min(1, (size.width - 2 * MARGIN) / natural.width, (size.height - 2 * MARGIN) / natural.height)
    : 1;
  const zoom = place.zoom || fitZoom;
  const width = natural.width * zoom;
  const height = natural.height * zoom;
  const box = {
    width,
    height,
    // On whole pixels, so that edges stay sharp and the difference of two equal ones is black.
    x: width <= size.width ? Math.round((size.width - width) / 2) : size.width / 2 - place.x * width,
    y: height <= size.height ? Math.round((size.height - height) / 2) : size.height / 2 - place.y * height,
  };

  const moveTo = useCallback((x: number, y: number, at: number) => {
    const halfX = size.width / 2 / Math.max(1, natural.width * at);
    const halfY = size.height / 2 / Math.max(1, natural.height * at);
    setPlace({ zoom: at, x: halfX >= 0.5 ? 0.5 : clamp(x, halfX, 1 - halfX), y: halfY >= 0.5 ? 0.5 : clamp(y, halfY, 1 - halfY) });
  }, [size, natural]);

  /** The point under (px, py), in the stage, stays where it is. */
  const zoomAt = (factor: number, px: number, py: number) => {
    if (!natural.width) return;
    const next = clamp(zoom * factor, Math.min(fitZoom, 1), MAX_ZOOM);
    if (next <= fitZoom * 1.001) {
      setPlace(FIT);
      return;
    }
    const u = (px - box.x) / box.width;
    const v = (py - box.y) / box.height;
    moveTo(u - (px - size.width / 2) / (natural.width * next), v - (py - size.height / 2) / (natural.height * next), next);
  };

  const latest = useRef({ zoomAt, moveTo, zoom, place, natural });
  latest.current = { zoomAt, moveTo, zoom, place, natural };

  useEffect(() => {
    const element = stage.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault(); // needs a listener that is not passive
      const rect = element.getBoundingClientRect();
      latest.current.zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX - rect.left, event.clientY - rect.top);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const onPointerDown = (event: ReactPointerEvent) => {
    if (event.button !== 0) return;
    const element = stage.current!;
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.current.size > 1) return; // its listeners are there
    const move = (e: PointerEvent) => {
      const known = pointers.current;
      const before = known.get(e.pointerId);
      if (!before) return;
      const now = { x: e.clientX, y: e.clientY };
      const other = [...known].find(([id]) => id !== e.pointerId)?.[1];
      const { zoomAt: zoomTo, moveTo: panTo, zoom: at, place: from, natural: n } = latest.current;
      if (other) {
        const rect = element.getBoundingClientRect();
        const was = Math.hypot(before.x - other.x, before.y - other.y);
        const is = Math.hypot(now.x - other.x, now.y - other.y);
        if (was > 0) zoomTo(is / was, (now.x + other.x) / 2 - rect.left, (now.y + other.y) / 2 - rect.top);
      } else if (from.zoom && n.width) {
        panTo(from.x - (now.x - before.x) / (n.width * at), from.y - (now.y - before.y) / (n.height * at), at);
      }
      known.set(e.pointerId, now);
    };
    const up = (e: PointerEvent) => {
      pointers.current.delete(e.pointerId);
      if (pointers.current.size > 0) return;
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", up);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", up);
  };

  const fit = () => setPlace(FIT);
  const actual = () => moveTo(place.x, place.y, 1);
  return {
    stage,
    box,
    zoom,
    width: size.width,
    setNatural: (w: number, h: number) => setNaturalState({ width: w, height: h }),
    zoomBy: (factor: number) => zoomAt(factor, size.width / 2, size.height / 2),
    fit,
    actual,
    toggle: () => (place.zoom ? fit() : actual()),
    onPointerDown,
  };
}
