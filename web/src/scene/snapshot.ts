/** A picture of the scene, larger than its canvas. */
import type { Color, PerspectiveCamera, Scene, WebGLRenderer } from "three";

/** @param background - behind the scene; null where a sky is. The caller sets the camera for that
 * shape, and the canvas's own size again. */
export function pictureOf(
  renderer: WebGLRenderer,
  scene: Scene,
  camera: PerspectiveCamera,
  background: Color | null,
  width: number,
  height: number,
): Promise<Blob> {
  renderer.setPixelRatio(1);
  renderer.setSize(width, height, false);
  scene.background = background;
  renderer.render(scene, camera);
  scene.background = null;
  return new Promise((resolve, reject) => {
    // The canvas's content is taken at once, before it is drawn to again.
    renderer.domElement.toBlob(
      (blob) =>
        blob
          ? resolve(blob)
          : reject(new Error("The picture could not be made; the graphics card may be out of memory.")),
      "image/png",
    );
  });
}
