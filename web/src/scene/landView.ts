/** The land in three dimensions. It draws a frame when something has changed, and rests otherwise. */
import { effect } from "@preact/signals";
import { Color, Mesh, PerspectiveCamera, Scene, SphereGeometry, WebGLRenderer } from "three";
import { Motion } from "../view/motion";
import { onNextFrame, watchSize } from "../view/raster";
import type { Look } from "../state/look";
import type { Studio } from "../state/studio";
import { Cameras } from "./cameras";
import type { Land } from "../live/land";
import { Ground } from "./ground";
import { LandMesh } from "./lod";
import { Materials } from "./materials";
import { table, walls } from "./slab";
import { drawsInSoftware, Resolution } from "./resolution";
import { pictureOf } from "./snapshot";

const AIR = { light: new Color("#e9e6df"), dark: new Color("#14171b"), walk: new Color("#b9cbdc") };
const EYE = 1.1; // scene units above land as fine as the map
const DEPTH = 0.045; // of the slab, as a part of the map's longest side

export class LandView {
  readonly cameras: Cameras;
  private readonly renderer: WebGLRenderer;
  private readonly resolution: Resolution;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(36, 1, 0.1, 20000);
  private readonly materials = new Materials();
  private readonly sky: Mesh;
  private readonly sides = walls(this.materials.side);
  private readonly board = table(this.materials.table);
  private readonly ends: (() => void)[] = [];
  private readonly motion = new Motion((seconds) => {
    this.materials.shared.time.value += seconds;
    this.frame();
  });
  private readonly draw = onNextFrame(() => {
    this.motion.wake();
    this.frame();
  });
  private readonly mesh = new LandMesh(this.materials.land);
  private ground!: Ground;
  private size: { width: number; height: number } | null = null;
  private shadowsOld = true;

  /** @throws Error if the browser has no WebGL 2. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly studio: Studio,
    private readonly look: Look,
  ) {
    const software = drawsInSoftware();
    this.renderer = new WebGLRenderer({
      canvas,
      antialias: !software,
      alpha: true,
      powerPreference: "high-performance",
    });
    this.resolution = new Resolution(
      this.renderer,
      software,
      () => this.render(),
      () => studio.live.peek().is !== "ready",
    );
    this.sky = new Mesh(new SphereGeometry(1, 32, 16), this.materials.sky);
    this.sky.frustumCulled = false;
    this.sky.renderOrder = -2;
    this.scene.add(this.mesh.group, this.sides, this.board, this.sky);
    this.cameras = new Cameras(
      this.camera,
      canvas,
      this.draw,
      (x, z) => this.heightAt(x, z),
      // Finer land is walked on from nearer.
      () => EYE / Math.sqrt(this.materials.shared.detail.value),
    );
    this.ends.push(
      effect(() => this.open()),
      effect(() => this.followLook()),
      effect(() => this.followCamera()),
      watchSize(canvas, (width, height) => this.resize(width, height)),
    );
  }

  close(): void {
    this.motion.stop();
    this.resolution.stop();
    for (const end of this.ends) end();
    this.cameras.close();
    this.ground.dispose();
    this.mesh.dispose();
    this.materials.dispose();
    this.renderer.dispose();
  }

  /** What is seen now, as a PNG of that size. */
  async picture(width: number, height: number): Promise<Blob> {
    const background = this.look.camera.peek() === "orbit" ? this.materials.shared.air.value : null;
    this.cameras.reshape(width / height);
    this.cameras.setDepth();
    this.layOut();
    const blob = pictureOf(this.renderer, this.scene, this.camera, background, width, height);
    this.resize(this.canvas.clientWidth, this.canvas.clientHeight);
    return blob;
  }

  private heightAt(x: number, z: number): number {
    const { lift, size } = this.materials.shared;
    return this.ground.land.metresAt(x + size.value.x / 2, z + size.value.y / 2) * lift.value;
  }

  /** Shows the land that is open, and follows it. */
  private open(): () => void {
    const { width, height } = this.studio.doc.value;
    const land = this.fitting(this.studio.land.value);
    const other = this.size;
    this.size = { width, height };
    this.ground = new Ground(land, this.materials, this.renderer.capabilities.getMaxAnisotropy());
    const depth = Math.max(width, height) * DEPTH;
    this.materials.shared.depth.value = depth;
    this.board.scale.set(width, 1, height);
    this.board.position.y = -depth * 1.02;
    if (other?.width !== width || other.height !== height) this.cameras.frame(width, height);
    this.shadowsOld = true;
    this.draw();
    const { ground } = this;
    const end = land.watch((rect) => {
      ground.update(rect);
      this.shadowsOld = true;
      this.draw();
    });
    return () => {
      end();
      ground.dispose();
    };
  }

  /** That land, or the live one if it is more than the graphics card takes. */
  private fitting(land: Land): Land {
    const most = this.renderer.capabilities.maxTextureSize;
    if (Math.max(land.width, land.height) <= most) return land;
    this.studio.fail(
      `The graphics card shows at most ${most} x ${most} pixels: make the land less fine. The flat views show it all.`,
    );
    return this.studio.terrain.peek();
  }

  private followLook(): void {
    const { look, materials } = this;
    materials.setLift(look.exaggeration.value / this.studio.gsd.value);
    materials.setSun(look.azimuth.value, look.altitude.value);
    materials.shared.fog.value = look.fog.value;
    materials.shared.waterOn.value = look.water.value ? 1 : 0;
    this.motion.on = look.water.value && look.motion.value;
    const dark = look.dark.value;
    const walking = look.camera.value === "walk";
    void look.pane.value;
    materials.shared.air.value.copy(walking ? AIR.walk : dark ? AIR.dark : AIR.light);
    if (walking) materials.shared.air.value.multiply(materials.shared.skyColour.value).multiplyScalar(2.4);
    materials.shared.strength.value = dark ? 0.55 : 0.3;
    this.mesh.wear(look.wireframe.value ? materials.wire : materials.land);
    this.sky.visible = walking;
    this.shadowsOld = true;
    this.draw();
  }

  private followCamera(): void {
    const { width, height } = this.studio.doc.value;
    this.cameras.use(this.look.camera.value, { width, height });
    const orbit = this.look.camera.value === "orbit";
    this.materials.shared.sight.value = Math.max(width, height) * (orbit ? 2.2 : 0.6);
  }

  private resize(width: number, height: number): void {
    this.renderer.setPixelRatio(this.resolution.pixels);
    this.renderer.setSize(width, height, false);
    this.cameras.reshape(width / height);
  }

  private frame(): void {
    // On a narrow screen the map may be in front of it: the frame is drawn when it is shown again.
    if (getComputedStyle(this.canvas).visibility === "hidden") return;
    this.resolution.changed();
    if (this.shadowsOld) {
      this.ground.shine(this.look.azimuth.peek(), this.look.altitude.peek());
      this.shadowsOld = false;
      this.cameras.settle();
    }
    this.render();
  }

  private render(): void {
    this.cameras.setDepth();
    this.layOut();
    this.renderer.render(this.scene, this.camera);
  }

  private layOut(): void {
    const { size, lift, detail } = this.materials.shared;
    const [width, depth] = [size.value.x, size.value.y];
    this.mesh.look(this.camera, { width, depth, top: this.ground.highest * lift.value, pixel: 1 / detail.value });
  }
}
