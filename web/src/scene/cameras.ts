/** The two cameras: one goes around the land, the other walks on it. */
import { MOUSE, type PerspectiveCamera, Vector3 } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { type GroundAt, Walk } from "./walk";

const ROOM = 0.96; // of the canvas that the land may take, each way

/** From the land to the eye: from the south, and from higher up on a tall canvas, which a low view would not fill. */
function viewFor(aspect: number): Vector3 {
  return new Vector3(0.1, 0.62 + 0.9 * Math.max(0, 1.15 - aspect), 1).normalize();
}

/** How far along `view` from `target` an eye has all of a map in sight. */
function fittingDistance(
  camera: PerspectiveCamera,
  target: Vector3,
  view: Vector3,
  width: number,
  height: number,
): number {
  const eye = camera.clone();
  eye.near = 1;
  eye.far = 1e5;
  eye.updateProjectionMatrix();
  let near = 0;
  let far = Math.max(width, height) * 8;
  for (let halving = 0; halving < 16; halving++) {
    const distance = (near + far) / 2;
    eye.position.copy(target).addScaledVector(view, distance);
    eye.lookAt(target);
    eye.updateMatrixWorld();
    const seen = [-0.5, 0.5].every((x) =>
      [-0.5, 0.5].every((z) => {
        const corner = new Vector3(x * width, 0, z * height).project(eye);
        return corner.z < 1 && Math.abs(corner.x) < ROOM && Math.abs(corner.y) < ROOM * 0.86;
      }),
    );
    if (seen) far = distance;
    else near = distance;
  }
  return far;
}

export class Cameras {
  private readonly orbit: OrbitControls;
  private readonly walk: Walk;
  private readonly ends = new AbortController();
  private mode: "orbit" | "walk" = "orbit";
  private size = { width: 1, height: 1 };
  private last = 0;
  private moved = false; // by the user, since the land was framed
  private fast = false;
  /** Where the orbiting camera was when walking began. */
  private readonly kept = new Vector3();

  constructor(
    private readonly camera: PerspectiveCamera,
    canvas: HTMLCanvasElement,
    private readonly draw: () => void,
    ground: GroundAt,
    private readonly eye: () => number,
  ) {
    this.orbit = new OrbitControls(camera, canvas);
    this.orbit.maxPolarAngle = 1.5;
    this.orbit.mouseButtons = { LEFT: MOUSE.ROTATE, MIDDLE: MOUSE.DOLLY, RIGHT: MOUSE.PAN };
    this.orbit.addEventListener("change", draw);
    this.orbit.addEventListener("start", () => (this.moved = true));
    this.walk = new Walk(camera, ground, () => this.size, eye);
    const on = { signal: this.ends.signal };
    canvas.addEventListener("pointermove", (event) => this.drag(event), on);
    canvas.addEventListener("keydown", (event) => this.key(event, true), on);
    canvas.addEventListener("keyup", (event) => this.key(event, false), on);
    canvas.addEventListener("blur", () => this.walk.release(), on);
  }

  close(): void {
    this.ends.abort();
    this.orbit.dispose();
  }

  /** Shows a map of that size, seen from the south. */
  frame(width: number, height: number): void {
    this.size = { width, height };
    this.moved = false;
    const far = Math.max(width, height);
    this.orbit.target.set(0, 0, 0);
    this.orbit.minDistance = far * 0.02;
    this.orbit.maxDistance = far * 6;
    const view = viewFor(this.camera.aspect);
    const away = fittingDistance(this.camera, this.orbit.target, view, width, height);
    this.camera.position.copy(this.orbit.target).addScaledVector(view, away);
    this.kept.copy(this.camera.position);
    if (this.mode === "orbit") this.orbit.update();
    else this.enterWalk();
  }

  /** The canvas has another shape: a view that was not moved shows all of the land in it again. */
  reshape(aspect: number): void {
    this.camera.aspect = aspect;
    this.camera.updateProjectionMatrix();
    if (!this.moved && this.mode === "orbit") this.frame(this.size.width, this.size.height);
    this.draw();
  }

  use(mode: "orbit" | "walk", size: { width: number; height: number }): void {
    this.size = size;
    if (mode === this.mode) return;
    this.mode = mode;
    this.orbit.enabled = mode === "orbit";
    if (mode === "walk") {
      this.kept.copy(this.camera.position);
      this.camera.fov = 62;
      this.enterWalk();
    } else {
      this.walk.release();
      this.camera.fov = 36;
      this.camera.position.copy(this.kept);
      this.orbit.update();
    }
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  /** Depth is precise where near and far are close to what is seen. */
  setDepth(): void {
    const { camera, size } = this;
    const across = Math.hypot(size.width, size.height);
    const away = camera.position.distanceTo(this.orbit.target);
    camera.near = this.mode === "walk" ? this.eye() / 10 : Math.max(0.1, (away - across * 0.75) * 0.9);
    camera.far = (this.mode === "walk" ? 0 : away) + across * 1.5;
    camera.updateProjectionMatrix();
  }

  /** Heights have changed: feet go back to the ground. */
  settle(): void {
    if (this.mode === "walk") this.walk.place();
  }

  /** A button on the screen is held: 1 forward, -1 back, 0 let go. */
  push(way: number): void {
    this.walk.push = way;
    this.go();
  }

  /** Stands where the orbiting camera looked at, towards the farther side. */
  private enterWalk(): void {
    const { x, z } = this.orbit.target;
    const ahead = { x: x - (this.kept.x - x), z: z - (this.kept.z - z) };
    this.walk.enter(x, z, ahead);
  }

  private drag(event: PointerEvent): void {
    if (this.mode !== "walk" || event.buttons === 0) return;
    this.walk.look(-event.movementX, -event.movementY);
    this.draw();
  }

  private key(event: KeyboardEvent, down: boolean): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    this.fast = event.shiftKey;
    if (this.mode === "walk") {
      if (!this.walk.key(event.code, down)) return;
      this.go();
    } else if (!down || !this.turn(event.code)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Arrow keys go around the land, plus and minus nearer and farther. */
  private turn(code: string): boolean {
    const turns: Record<string, [number, number, number]> = {
      ArrowLeft: [-0.1, 0, 1],
      ArrowRight: [0.1, 0, 1],
      ArrowUp: [0, -0.07, 1],
      ArrowDown: [0, 0.07, 1],
      Equal: [0, 0, 0.9],
      NumpadAdd: [0, 0, 0.9],
      Minus: [0, 0, 1.11],
      NumpadSubtract: [0, 0, 1.11],
    };
    const turn = turns[code];
    if (!turn) return false;
    this.moved = true;
    const arm = this.camera.position.clone().sub(this.orbit.target);
    const flat = Math.hypot(arm.x, arm.z);
    const yaw = Math.atan2(arm.x, arm.z) + turn[0];
    const polar = Math.max(0.05, Math.min(1.5, Math.atan2(flat, arm.y) + turn[1]));
    const length = Math.max(this.orbit.minDistance, Math.min(this.orbit.maxDistance, arm.length() * turn[2]));
    const ring = Math.sin(polar) * length;
    arm.set(Math.sin(yaw) * ring, Math.cos(polar) * length, Math.cos(yaw) * ring);
    this.camera.position.copy(this.orbit.target).add(arm);
    this.orbit.update();
    this.draw();
    return true;
  }

  /** Walks on, frame by frame, while a key or a button is held. */
  private go(): void {
    if (this.last > 0) return;
    this.last = performance.now();
    const step = (now: number): void => {
      if (!this.walk.moving || this.mode !== "walk") {
        this.last = 0;
        return;
      }
      this.walk.step(Math.min(0.1, (now - this.last) / 1000), this.fast);
      this.last = now;
      this.draw();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
}
