/**
 * How finely frames are drawn. Where there is no graphics card, the browser draws on the processor that makes the land,
 * so frames have no smooth edges there until nothing has changed for a while, and then one has.
 */
import type { WebGLRenderer } from "three";

const REST = 400; // milliseconds without a frame until one with smooth edges is drawn
const SMOOTH = 1.5; // pixels of it for one of the screen, each way

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Whether the browser draws on the processor: by the name of what draws, since browsers don't see it as a caveat. */
export function drawsInSoftware(): boolean {
  const context = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  if (!context) return true;
  const named = context.getExtension("WEBGL_debug_renderer_info");
  const name = String(context.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : context.RENDERER));
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return SOFTWARE.test(name);
}

export class Resolution {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private smooth = false;

  /**
   * @param draw - draws a frame.
   * @param busy - whether the processor has land to make.
   */
  constructor(
    private readonly renderer: WebGLRenderer,
    private readonly software: boolean,
    private readonly draw: () => void,
    private readonly busy: () => boolean,
  ) {}

  get pixels(): number {
    return this.software ? (this.smooth ? SMOOTH : 1) : Math.min(2, devicePixelRatio);
  }

  /** A frame is about to be drawn that shows something new. */
  changed(): void {
    if (!this.software) return;
    this.renderer.domElement.dataset["edges"] = "rough"; // for who waits for the smooth ones
    this.use(false);
    this.wait();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private wait(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.busy()) return this.wait();
      this.use(true);
      this.draw();
      this.renderer.domElement.dataset["edges"] = "smooth";
    }, REST);
  }

  private use(smooth: boolean): void {
    if (this.smooth === smooth) return;
    this.smooth = smooth;
    this.renderer.setPixelRatio(this.pixels);
  }
}
