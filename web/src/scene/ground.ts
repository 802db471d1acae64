/** The terrain on the graphics card: textures that follow the store. */
import {
  ClampToEdgeWrapping,
  DataTexture,
  FloatType,
  LinearFilter,
  LinearMipmapLinearFilter,
  NearestFilter,
  RedFormat,
  RGBAFormat,
  SRGBColorSpace,
  UnsignedByteType,
} from "three";
import type { Rect } from "../document/rect";
import type { TerrainStore } from "../live/terrain";
import type { Materials } from "./materials";
import { writeRelief } from "./relief";
import { sunlight } from "./shadows";

export class Ground {
  private readonly heights: DataTexture;
  private readonly albedo: DataTexture;
  private readonly relief: DataTexture;
  private readonly sunlit: DataTexture;
  private readonly reliefBytes: Uint8Array<ArrayBuffer>;

  constructor(
    readonly terrain: TerrainStore,
    private readonly labels: Uint8Array,
    private readonly materials: Materials,
    anisotropy: number,
  ) {
    const { width, height } = terrain;
    this.reliefBytes = new Uint8Array(width * height * 4);
    this.heights = new DataTexture(terrain.heights as Float32Array<ArrayBuffer>, width, height, RedFormat, FloatType);
    this.heights.minFilter = this.heights.magFilter = NearestFilter;
    const bytes = terrain.texture as Uint8Array<ArrayBuffer>;
    this.albedo = filtered(new DataTexture(bytes, width, height, RGBAFormat, UnsignedByteType), anisotropy);
    this.albedo.colorSpace = SRGBColorSpace;
    this.relief = filtered(new DataTexture(this.reliefBytes, width, height, RGBAFormat, UnsignedByteType), anisotropy);
    const full = new Uint8Array(width * height).fill(255);
    this.sunlit = filtered(new DataTexture(full, width, height, RedFormat, UnsignedByteType), anisotropy);
    this.sunlit.unpackAlignment = 1;
    const { shared } = materials;
    shared.heights.value = this.heights;
    shared.albedo.value = this.albedo;
    shared.relief.value = this.relief;
    shared.sunlit.value = this.sunlit;
    shared.size.value.set(width, height);
    this.update({ x: 0, y: 0, width, height });
  }

  /** The store has something new in `rect`. */
  update(rect: Rect): void {
    const { width, height, heights } = this.terrain;
    writeRelief(this.reliefBytes, heights, this.labels, width, height, rect);
    for (const texture of [this.heights, this.albedo, this.relief]) texture.needsUpdate = true;
  }

  /** Casts the shadows anew. */
  shine(azimuth: number, altitude: number): void {
    const { width, height, heights } = this.terrain;
    const lift = this.materials.shared.lift.value;
    this.sunlit.image.data = sunlight(heights, width, height, lift, azimuth, altitude) as Uint8Array<ArrayBuffer>;
    this.sunlit.needsUpdate = true;
  }

  dispose(): void {
    for (const texture of [this.heights, this.albedo, this.relief, this.sunlit]) texture.dispose();
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
