// SPDX-License-Identifier: Apache-2.0
// The ring of a run: glides to where the server says it is, and never goes back within a run.
import { useEffect, useRef } from "react";
import * as format from "../format";
import { useT } from "../i18n";

const R = 52;
const AROUND = 2 * Math.PI * R;
const R_UPLOAD = 43;
const AROUND_UPLOAD = 2 * Math.PI * R_UPLOAD;
const GLIDE_MS = 280;

/** run: changes when a run begins anew, the only time the ring may start over. */
export function Arc({ fraction, upload, run, busy }: { fraction: number; upload: number | null; run: string; busy: boolean }) {
  const t = useT();
  const circle = useRef<SVGCircleElement>(null);
  const text = useRef<SVGTextElement>(null);
  const target = useRef(0);
  const shown = useRef(0);
  const ofRun = useRef(run);
  if (ofRun.current !== run) {
    ofRun.current = run;
    target.current = shown.current = 0;
  }
  target.current = Math.max(target.current, Math.min(1, fraction));

  useEffect(() => {
    let frame = 0;
    let before = performance.now();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const draw = (now: number) => {
      const gap = target.current - shown.current;
      const share = 1 - Math.exp(-Math.max(0, now - before) / GLIDE_MS); // a frame's time may lie before the moment that asked for it
      before = now;
      shown.current = still || gap < 0.002 ? target.current : shown.current + gap * share;
      circle.current?.setAttribute("stroke-dashoffset", String(AROUND * (1 - shown.current)));
      // 100 % only when it is, and then at once: rounding down keeps the promise, and the end does not glide.
      const hundredths = Math.floor((target.current === 1 ? 1 : shown.current) * 100);
      if (text.current) text.current.textContent = format.percent(hundredths / 100);
      frame = shown.current === target.current ? 0 : requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [fraction, run]);

  return (
    <div className={`arc ${busy ? "busy" : ""}`} role="progressbar" aria-valuemin={0} aria-valuemax={100}
      aria-valuenow={Math.floor(target.current * 100)} aria-label={t("run.progress")}>
      <svg viewBox="0 0 120 120" aria-hidden="true">
        <circle className="arc-track" cx="60" cy="60" r={R} />
        <circle className="arc-value" ref={circle} cx="60" cy="60" r={R} transform="rotate(-90 60 60)"
          strokeDasharray={AROUND} strokeDashoffset={AROUND} />
        {upload !== null && (
          <circle className="arc-upload" cx="60" cy="60" r={R_UPLOAD} transform="rotate(-90 60 60)"
            strokeDasharray={AROUND_UPLOAD} strokeDashoffset={AROUND_UPLOAD * (1 - upload)} />
        )}
        <text ref={text} x="60" y="61" textAnchor="middle" dominantBaseline="middle" />
      </svg>
    </div>
  );
}
