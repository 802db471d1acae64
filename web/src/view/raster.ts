/** A picture of map pixels that is kept up to date a rectangle at a time. */
import { clip, isEmpty, type Rect } from "../document/rect";

export class Raster {
  readonly canvas = document.createElement("canvas");
  private readonly context: CanvasRenderingContext2D;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.canvas.width = width;
    this.canvas.height = height;
    this.context = this.canvas.getContext("2d")!;
  }

  /** Draws the pixels of `rect` anew: `colour(i)` is the RGBA of pixel i, counted row by row over the whole map. */
  draw(rect: Rect, colour: (at: number) => number): void {
    const area = clip(rect, this.width, this.height);
    if (isEmpty(area)) return;
    const pixels = new Uint32Array(area.width * area.height);
    let to = 0;
    for (let row = 0; row < area.height; row++) {
      const from = (area.y + row) * this.width + area.x;
      for (let column = 0; column < area.width; column++) pixels[to++] = colour(from + column);
    }
    const bytes = new Uint8ClampedArray(pixels.buffer);
    this.context.putImageData(new ImageData(bytes, area.width, area.height), area.x, area.y);
  }

  /** Becomes a smaller copy of another one. */
  shrink(other: Raster): void {
    this.context.clearRect(0, 0, this.width, this.height);
    this.context.drawImage(other.canvas, 0, 0, this.width, this.height);
  }
}

/** Makes a canvas as sharp as its screen, whenever its box changes. */
export function watchSize(canvas: HTMLCanvasElement, onSize: (width: number, height: number) => void): () => void {
  const observer = new ResizeObserver(() => {
    const { clientWidth, clientHeight } = canvas;
    if (clientWidth === 0 || clientHeight === 0) return;
    onSize(clientWidth, clientHeight);
  });
  observer.observe(canvas);
  return () => observer.disconnect();
}

/** Calls `draw` once before the next frame, however often it is asked for. */
export function onNextFrame(draw: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}
