/** The scene's materials and the values that they share. */
import { BackSide, Color, DoubleSide, ShaderMaterial, type Texture, Vector2, Vector3 } from "three";
import { REFERENCE_LIFT } from "./relief";
import * as shaders from "./shaders";

const ROCK = new Color(0.36, 0.3, 0.26);
const SEA = new Color(0.2, 0.42, 0.62);
const LOW_SUN = new Color(1.5, 0.76, 0.4);
const HIGH_SUN = new Color(1.42, 1.33, 1.17);
const DUSK = new Color(0.26, 0.27, 0.4);
const DAY = new Color(0.33, 0.38, 0.45);

const value = <T>(of: T): { value: T } => ({ value: of });

export class Materials {
  readonly shared = {
    heights: value<Texture | null>(null),
    albedo: value<Texture | null>(null),
    relief: value<Texture | null>(null),
    sunlit: value<Texture | null>(null),
    levels: value(1),
    detail: value(1),
    time: value(0),
    size: value(new Vector2(1, 1)),
    lift: value(1),
    turn: value(1),
    depth: value(10),
    sun: value(new Vector3(0, 1, 0)),
    sunColour: value(new Color()),
    skyColour: value(new Color()),
    air: value(new Color()),
    fog: value(0),
    sight: value(1000),
    waterOn: value(1),
    rock: value(ROCK),
    sea: value(SEA),
    wire: value(0),
    strength: value(0.4),
  };
  readonly land = this.material(shaders.LAND_VERTEX, shaders.LAND_FRAGMENT);
  readonly wire = this.material(shaders.LAND_VERTEX, shaders.LAND_FRAGMENT);
  readonly side = this.material(shaders.SIDE_VERTEX, shaders.SIDE_FRAGMENT);
  readonly table = this.material(shaders.TABLE_VERTEX, shaders.TABLE_FRAGMENT);
  readonly sky = this.material(shaders.SKY_VERTEX, shaders.SKY_FRAGMENT);

  constructor() {
    // Skirts that are seen edge-on would shine through the walls.
    this.land.polygonOffset = true;
    this.land.polygonOffsetFactor = 1;
    this.wire.wireframe = true;
    this.wire.uniforms = { ...this.shared, wire: value(1) };
    this.side.side = DoubleSide;
    this.table.transparent = true;
    this.table.depthWrite = false;
    this.sky.side = BackSide;
    this.sky.depthWrite = false;
  }

  /** @param lift - pixels a metre, exaggeration included. */
  setLift(lift: number): void {
    this.shared.lift.value = lift;
    this.shared.turn.value = lift / REFERENCE_LIFT;
  }

  /** Degrees, as everywhere: azimuth clockwise from north. */
  setSun(azimuth: number, altitude: number): void {
    const [turn, up] = [(azimuth * Math.PI) / 180, (altitude * Math.PI) / 180];
    this.shared.sun.value.set(Math.sin(turn) * Math.cos(up), Math.sin(up), -Math.cos(turn) * Math.cos(up));
    const day = Math.min(1, Math.max(0, Math.sin(up) / Math.sin((35 * Math.PI) / 180)));
    this.shared.sunColour.value.lerpColors(LOW_SUN, HIGH_SUN, Math.sqrt(day));
    this.shared.skyColour.value.lerpColors(DUSK, DAY, day);
  }

  dispose(): void {
    for (const material of [this.land, this.wire, this.side, this.table, this.sky]) material.dispose();
  }

  private material(vertexShader: string, fragmentShader: string): ShaderMaterial {
    return new ShaderMaterial({ vertexShader, fragmentShader, uniforms: this.shared });
  }
}
