/** Frames for what moves by itself. They end when nobody has done anything for a while, and where they come slowly. */

const APART = 33; // milliseconds between frames, at least
const AWAKE = 30_000; // milliseconds that motion goes on after somebody did something
const SLOW = 90; // milliseconds from one frame to the next that are too many
const PATIENCE = 6; // such frames, more than quick ones, until the machine is taken to be too slow
const PAUSE = 60_000; // milliseconds until it is tried again

export class Motion {
  /** Whether it is wanted. */
  on = false;
  private running = false;
  private until = 0;
  private slow = 0;
  private notBefore = 0;

  /** @param frame - draws one, so many seconds after the one before it. */
  constructor(private readonly frame: (seconds: number) => void) {}

  /** Somebody does something. */
  wake(): void {
    const now = performance.now();
    this.until = now + AWAKE;
    if (this.running || !this.on || now < this.notBefore) return;
    this.running = true;
    this.slow = 0;
    this.next(now, now);
  }

  /** @param drawn - when the last frame was drawn. @param before - when this was last called. */
  private next(drawn: number, before: number): void {
    requestAnimationFrame((now) => {
      this.slow = Math.max(0, this.slow + (now - before > SLOW ? 1 : -1));
      if (this.slow > PATIENCE) this.notBefore = now + PAUSE;
      if (!this.on || now > this.until || this.slow > PATIENCE) {
        this.running = false;
        return;
      }
      const due = now - drawn >= APART;
      if (due) this.frame(Math.min(0.1, (now - drawn) / 1000));
      this.next(due ? now : drawn, now);
    });
  }

  stop(): void {
    this.on = false;
  }
}
