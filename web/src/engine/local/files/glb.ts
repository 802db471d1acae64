/** Binary glTF 2.0: one file with the mesh and its texture. */
import { Document, TextureInfo, WebIO } from "@gltf-transform/core";
import type { Mesh } from "./mesh";

/** glTF units a metre of ground at true size: within reach of every viewer's camera. */
export const GLB_UNIT = 1e-4;

/**
 * @param texture - a PNG.
 * @param unit - glTF units a metre of the mesh.
 */
export async function glb(
  mesh: Mesh,
  texture: Uint8Array<ArrayBuffer>,
  unit: number,
  verticalScale: number,
): Promise<Uint8Array> {
  const document = new Document();
  const buffer = document.createBuffer();
  const array = (type: "VEC2" | "VEC3" | "SCALAR", data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) =>
    document.createAccessor().setType(type).setArray(data).setBuffer(buffer);
  const image = document.createTexture("texture").setImage(texture).setMimeType("image/png");
  const material = document
    .createMaterial("terrain")
    .setBaseColorTexture(image)
    .setMetallicFactor(0)
    .setRoughnessFactor(1);
  material
    .getBaseColorTextureInfo()!
    .setWrapS(TextureInfo.WrapMode.CLAMP_TO_EDGE)
    .setWrapT(TextureInfo.WrapMode.CLAMP_TO_EDGE);
  const surface = document
    .createPrimitive()
    .setAttribute("POSITION", array("VEC3", mesh.vertices))
    .setAttribute("NORMAL", array("VEC3", mesh.normals))
    .setAttribute("TEXCOORD_0", array("VEC2", mesh.uv))
    .setIndices(array("SCALAR", mesh.faces))
    .setMaterial(material);
  const node = document
    .createNode("terrain")
    .setMesh(document.createMesh("terrain").addPrimitive(surface))
    .setScale([unit, unit, unit])
    .setExtras({ vertical_scale: verticalScale });
  document.createScene().addChild(node);
  return new WebIO().writeBinary(document);
}
