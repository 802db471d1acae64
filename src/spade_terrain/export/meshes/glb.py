"""Binary glTF 2.0: one file with the mesh and its texture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pygltflib as gltf
from numpy.typing import NDArray

import spade_terrain
from spade_terrain.export.job import ExportJob, Files, describe_mesh
from spade_terrain.export.meshes.grid import Mesh
from spade_terrain.export.rasters import png
from spade_terrain.export.rasters.resample import Resampled
from spade_terrain.terrain import Rows

NODE_SCALE = 1e-4
"""glTF units a metre of ground at true size. glTF means metres, but viewers are built for things of the size of a room
or a street: at one to ten thousand a map of 512 pixels is 102 units wide and within reach of every camera."""

LARGEST_TEXTURE = 4096
"""Pixels of the longer side of the texture in it, which every graphics card of the last ten years takes."""

_NUMPY_TO_GLTF = {np.dtype(np.float32): gltf.FLOAT, np.dtype(np.uint32): gltf.UNSIGNED_INT}
_WIDTH_TO_GLTF = {1: gltf.SCALAR, 2: gltf.VEC2, 3: gltf.VEC3}


def write(job: ExportJob) -> Files:
    """Write the mesh with its texture."""
    about = {"vertical_scale": job.vertical_scale}
    write_mesh(job.folder / "terrain.glb", job.mesh, png.encode(_texture(job)), node_scale(job), about)
    said = {"is": "mesh, texture included, binary glTF 2.0"}
    return {"terrain.glb": said | describe_mesh(job, node_scale(job))}


def _texture(job: ExportJob) -> Rows:
    """The texture, no larger than what all that read GLB files take."""
    texture = job.terrain.texture
    longer = max(texture.shape[:2])
    if longer <= LARGEST_TEXTURE:
        return texture
    rows, columns = (max(side * LARGEST_TEXTURE // longer, 1) for side in texture.shape[:2])
    return Resampled(texture, rows, columns)


def node_scale(job: ExportJob) -> float:
    """How many glTF units a metre of `job.mesh` is: 1 at a playable size, which is chosen for its metres."""
    return NODE_SCALE if job.options.playable_km is None else 1.0


def write_mesh(path: Path, mesh: Mesh, texture: bytes, scale: float, about: Mapping[str, float]) -> None:
    """Write `mesh` as the GLB file `path`, `texture` (a PNG) embedded, in units that the node scales by `scale`.

    `about` is what the node says of itself.
    """
    buffer = _Buffer()
    attributes = gltf.Attributes(
        POSITION=buffer.add_array(mesh.vertices, gltf.ARRAY_BUFFER, bounds=True),
        NORMAL=buffer.add_array(mesh.normals, gltf.ARRAY_BUFFER),
        TEXCOORD_0=buffer.add_array(mesh.uv, gltf.ARRAY_BUFFER),
    )
    indices = buffer.add_array(mesh.faces.reshape(-1, 1), gltf.ELEMENT_ARRAY_BUFFER)
    image = buffer.add(texture)
    matt = gltf.PbrMetallicRoughness(
        baseColorTexture=gltf.TextureInfo(index=0), metallicFactor=0.0, roughnessFactor=1.0
    )
    clamped = gltf.Sampler(
        magFilter=gltf.LINEAR,
        minFilter=gltf.LINEAR_MIPMAP_LINEAR,
        wrapS=gltf.CLAMP_TO_EDGE,
        wrapT=gltf.CLAMP_TO_EDGE,
    )
    scene = gltf.GLTF2(
        asset=gltf.Asset(version="2.0", generator=f"spade-terrain {spade_terrain.__version__}"),
        scene=0,
        scenes=[gltf.Scene(nodes=[0])],
        nodes=[gltf.Node(name="terrain", mesh=0, scale=[scale] * 3, extras=dict(about))],
        meshes=[
            gltf.Mesh(name="terrain", primitives=[gltf.Primitive(attributes=attributes, indices=indices, material=0)])
        ],
        materials=[gltf.Material(name="terrain", pbrMetallicRoughness=matt)],
        textures=[gltf.Texture(sampler=0, source=0)],
        images=[gltf.Image(name="texture", bufferView=image, mimeType="image/png")],
        samplers=[clamped],
        accessors=buffer.accessors,
        bufferViews=buffer.views,
        buffers=[gltf.Buffer(byteLength=buffer.length)],
    )
    scene.set_binary_blob(b"".join(buffer.parts))
    scene.save_binary(str(path))


class _Buffer:
    """The binary part of a GLB while it grows, with the views and accessors that describe it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.views: list[Any] = []
        self.accessors: list[Any] = []
        self.length = 0

    def add(self, data: bytes, target: int | None = None) -> int:
        """Append `data`; returns the number of its view."""
        self.views.append(gltf.BufferView(buffer=0, byteOffset=self.length, byteLength=len(data), target=target))
        # glTF wants every array to start at a multiple of four bytes.
        padded = data + bytes(-len(data) % 4)
        self.parts.append(padded)
        self.length += len(padded)
        return len(self.views) - 1

    def add_array(self, array: NDArray[np.float32] | NDArray[np.uint32], target: int, *, bounds: bool = False) -> int:
        """Append `array` (`(N, 1..3)`); returns the number of its accessor. `bounds` writes its least and greatest."""
        accessor = gltf.Accessor(
            bufferView=self.add(array.tobytes(), target),
            componentType=_NUMPY_TO_GLTF[array.dtype],
            count=len(array),
            type=_WIDTH_TO_GLTF[array.shape[1]],
            min=array.min(axis=0).tolist() if bounds else None,
            max=array.max(axis=0).tolist() if bounds else None,
        )
        self.accessors.append(accessor)
        return len(self.accessors) - 1
