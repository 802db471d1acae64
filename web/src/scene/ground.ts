/** The land on the graphics card: textures that follow it. */
import {
  ClampToEdgeWrapping,
  DataTexture,
  FloatType,
  LinearFilter,
  LinearMipmapLinearFilter,
  NearestFilter,
  NearestMipmapNearestFilter,
  RedFormat,
  RGBAFormat,
  SRGBColorSpace,
  UnsignedByteType,
} from "three";
import type { Rect } from "../document/rect";
import type { Land } from "../live/land";
import { Levels } from "./levels";
import type { Materials } from "./materials";
import { writeRelief } from "./relief";
import { sunlight } from "./shadows";

const SHADOWS = 2048; // pixels of the longer side that shadows are cast on: more would make the sun slow to move

export class Ground {
  private readonly levels: Levels;
  private readonly heights: DataTexture;
  private readonly albedo: DataTexture;
  private readonly relief: DataTexture;
  private readonly sunlit: DataTexture;
  private readonly reliefBytes: Uint8Array<ArrayBuffer>;

  constructor(
    readonly land: Land,
    private readonly materials: Materials,
    anisotropy: number,
  ) {
    const { width, height } = land;
    this.levels = new Levels(land);
    this.reliefBytes = new Uint8Array(width * height * 4);
    this.heights = new DataTexture(land.heights as Float32Array<ArrayBuffer>, width, height, RedFormat, FloatType);
    this.heights.mipmaps = this.levels.all as { data: Float32Array<ArrayBuffer>; width: number; height: number }[];
    this.heights.magFilter = NearestFilter;
    this.heights.minFilter = NearestMipmapNearestFilter;
    const bytes = land.texture as Uint8Array<ArrayBuffer>;
    this.albedo = filtered(new DataTexture(bytes, width, height, RGBAFormat, UnsignedByteType), anisotropy);
    this.albedo.colorSpace = SRGBColorSpace;
    this.relief = filtered(new DataTexture(this.reliefBytes, width, height, RGBAFormat, UnsignedByteType), anisotropy);
    const lit = this.levels.upTo(SHADOWS);
    const full = new Uint8Array(lit.width * lit.height).fill(255);
    this.sunlit = filtered(new DataTexture(full, lit.width, lit.height, RedFormat, UnsignedByteType), anisotropy);
    this.sunlit.unpackAlignment = 1;
    const { shared } = materials;
    shared.heights.value = this.heights;
    shared.levels.value = this.levels.all.length;
    shared.albedo.value = this.albedo;
    shared.relief.value = this.relief;
    shared.sunlit.value = this.sunlit;
    shared.detail.value = land.detail;
    shared.size.value.set(width / land.detail, height / land.detail);
    writeRelief(this.reliefBytes, land, { x: 0, y: 0, width, height });
    this.send();
  }

  /** Metres. */
  get highest(): number {
    return this.levels.highest;
  }

  /** The land has something new in `rect`, its own pixels. */
  update(rect: Rect): void {
    this.levels.update(rect);
    writeRelief(this.reliefBytes, this.land, rect);
    this.send();
  }

  /** Casts the shadows anew. */
  shine(azimuth: number, altitude: number): void {
    const { data, width, height } = this.levels.upTo(SHADOWS);
    const { lift, size } = this.materials.shared;
    const tall = (lift.value * width) / size.value.x;
    this.sunlit.image.data = sunlight(data, width, height, tall, azimuth, altitude) as Uint8Array<ArrayBuffer>;
    this.sunlit.needsUpdate = true;
  }

  dispose(): void {
    for (const texture of [this.heights, this.albedo, this.relief, this.sunlit]) texture.dispose();
  }

  private send(): void {
    for (const texture of [this.heights, this.albedo, this.relief]) texture.needsUpdate = true;
  }
}

function filtered(texture: DataTexture, anisotropy: number): DataTexture {
  texture.wrapS = texture.wrapT = ClampToEdgeWrapping;
  texture.magFilter = LinearFilter;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.generateMipmaps = true;
  texture.anisotropy = anisotropy;
  return texture;
}
