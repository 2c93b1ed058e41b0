// SPDX-License-Identifier: Apache-2.0
// The one store. Events from the server change it as often as they like; components hear of it
// once a frame. What a person types is committed at once, so that inputs never lag.
import { useRef, useSyncExternalStore } from "react";

export class Store<S> {
  private current: S;
  private published: S;
  private scheduled = false;
  private readonly listeners = new Set<() => void>();

  constructor(initial: S) {
    this.current = this.published = initial;
  }

  /** The newest state, also when it was not shown yet. */
  get(): S {
    return this.current;
  }

  shown = (): S => this.published;

  /** Change now, show with the next frame. */
  update(change: (state: S) => Partial<S>): void {
    this.current = { ...this.current, ...change(this.current) };
    if (this.scheduled) return;
    this.scheduled = true;
    // A hidden page gets no frames, but its title and announcements must go on.
    if (document.hidden) setTimeout(this.publish, 100);
    else requestAnimationFrame(this.publish);
  }

  /** Change and show now. */
  commit(change: (state: S) => Partial<S>): void {
    this.current = { ...this.current, ...change(this.current) };
    this.publish();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private publish = (): void => {
    this.scheduled = false;
    if (this.published === this.current) return;
    this.published = this.current;
    this.listeners.forEach((listener) => listener());
  };
}

/** Part of the state; the component renders again only when that part is another one. */
export function useSelector<S, T>(store: Store<S>, select: (state: S) => T): T {
  const last = useRef<{ state: S; select: (state: S) => T; value: T } | null>(null);
  const snapshot = () => {
    const state = store.shown();
    if (last.current && last.current.state === state && last.current.select === select) {
      return last.current.value;
    }
    const value = select(state);
    last.current = { state, select, value };
    return value;
  };
  return useSyncExternalStore(store.subscribe, snapshot);
}
