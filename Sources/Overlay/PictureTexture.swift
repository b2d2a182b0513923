import CSDL2
import Capture
import Drawing
import Imaging

/// The camera's picture as a texture: uploaded in its own format, converted to colours by the graphics card.
final class PictureTexture: ShownPicture {
    private var texture: OpaquePointer?
    private(set) var width = 0
    private(set) var height = 0
    private var format: SDL_PixelFormatEnum?
    private var encoding: ColorEncoding?
    private let decoder = FrameDecoder()
    private var planar = YUVImage()
    private var gray = GrayImage()
    private var noChroma: [UInt8] = []

    func close() {
        if let texture { SDL_DestroyTexture(texture) }
        texture = nil
        format = nil
    }

    func draw(in box: Bounds, isMirrored: Bool, of window: DrawnWindow) {
        guard let texture else { return }
        var target = SDL_FRect(box)
        let flip = isMirrored ? SDL_FLIP_HORIZONTAL : SDL_FLIP_NONE
        SDL_RenderCopyExF(window.renderer, texture, nil, &target, 0, nil, flip)
    }

    func update(_ frame: Frame, on renderer: OpaquePointer) throws(WindowError) {
        switch frame.format {
        case .mjpeg:
            guard (try? decoder.planes(of: frame, into: &planar)) != nil else { return }
            try prepare(SDL_PIXELFORMAT_IYUV, planar.width, planar.height, .jpeg, renderer)
            try check(
                SDL_UpdateYUVTexture(
                    texture, nil, planar.luma, Int32(planar.width), planar.blueChroma,
                    Int32(planar.chromaWidth), planar.redChroma, Int32(planar.chromaWidth)))
        case .gray, .y16:
            guard (try? decoder.gray(of: frame, into: &gray)) != nil else { return }
            try prepare(SDL_PIXELFORMAT_IYUV, gray.width, gray.height, .jpeg, renderer)
            let columns = (gray.width + 1) / 2
            let count = columns * ((gray.height + 1) / 2)
            if noChroma.count != count { noChroma = [UInt8](repeating: 128, count: count) }
            try check(
                SDL_UpdateYUVTexture(
                    texture, nil, gray.pixels, Int32(gray.width), noChroma, Int32(columns), noChroma,
                    Int32(columns)))
        case .yu12: try updatePlanes(frame, renderer)
        case .nv12: try updateTwoPlanes(frame, renderer)
        case .yuyv: try updatePacked(frame, SDL_PIXELFORMAT_YUY2, renderer)
        case .uyvy: try updatePacked(frame, SDL_PIXELFORMAT_UYVY, renderer)
        case .rgb24: try updatePacked(frame, SDL_PIXELFORMAT_RGB24, renderer)
        case .bgr24: try updatePacked(frame, SDL_PIXELFORMAT_BGR24, renderer)
        }
    }

    private func updatePacked(
        _ frame: Frame, _ format: SDL_PixelFormatEnum, _ renderer: OpaquePointer
    ) throws(WindowError) {
        guard let plane = frame.firstPlane else { return }
        try prepare(format, frame.width, frame.height, frame.encoding, renderer)
        try check(SDL_UpdateTexture(texture, nil, frame.bytes, Int32(plane.bytesPerRow)))
    }

    private func updatePlanes(_ frame: Frame, _ renderer: OpaquePointer) throws(WindowError) {
        let planes = frame.planes
        guard planes.count == 3 else { return }
        try prepare(SDL_PIXELFORMAT_IYUV, frame.width, frame.height, frame.encoding, renderer)
        let status = frame.bytes.withUnsafeBufferPointer { bytes -> Int32 in
            guard let base = bytes.baseAddress else { return 0 }
            return SDL_UpdateYUVTexture(
                texture, nil, base, Int32(planes[0].bytesPerRow), base + planes[1].offset,
                Int32(planes[1].bytesPerRow), base + planes[2].offset, Int32(planes[2].bytesPerRow))
        }
        try check(status)
    }

    private func updateTwoPlanes(_ frame: Frame, _ renderer: OpaquePointer) throws(WindowError) {
        let planes = frame.planes
        guard planes.count == 2 else { return }
        try prepare(SDL_PIXELFORMAT_NV12, frame.width, frame.height, frame.encoding, renderer)
        let status = frame.bytes.withUnsafeBufferPointer { bytes -> Int32 in
            guard let base = bytes.baseAddress else { return 0 }
            return SDL_UpdateNVTexture(
                texture, nil, base, Int32(planes[0].bytesPerRow), base + planes[1].offset,
                Int32(planes[1].bytesPerRow))
        }
        try check(status)
    }

    /// Makes a texture where there is none of this kind.
    private func prepare(
        _ format: SDL_PixelFormatEnum, _ width: Int, _ height: Int, _ encoding: ColorEncoding,
        _ renderer: OpaquePointer
    ) throws(WindowError) {
        guard
            format != self.format || width != self.width || height != self.height || encoding != self.encoding
        else { return }
        // Taken over by textures made from now on.
        SDL_SetYUVConversionMode(
            encoding.matrix == .bt709
                ? SDL_YUV_CONVERSION_BT709
                : encoding.isFullRange ? SDL_YUV_CONVERSION_JPEG : SDL_YUV_CONVERSION_BT601)
        if let texture { SDL_DestroyTexture(texture) }
        let access = Int32(SDL_TEXTUREACCESS_STREAMING.rawValue)
        texture = SDL_CreateTexture(renderer, format.rawValue, access, Int32(width), Int32(height))
        guard texture != nil else {
            self.format = nil
            throw .sdl("a picture of \(width)×\(height) pixels can't be shown")
        }
        SDL_SetTextureScaleMode(texture, SDL_ScaleModeLinear)
        self.format = format
        self.width = width
        self.height = height
        self.encoding = encoding
    }

    private func check(_ status: Int32) throws(WindowError) {
        if status != 0 { throw .sdl("the picture can't be shown") }
    }
}
