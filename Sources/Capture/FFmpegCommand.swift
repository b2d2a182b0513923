import System

/// The command line by which `ffmpeg` hands over a video's frames: raw pictures in NUT, each with its own time.
package struct FFmpegCommand: Equatable, Sendable {
    /// A path or an address.
    package var location: String
    /// The address, where it is one.
    package var address: NetworkAddress?
    /// What is asked of a camera, where the location is its device.
    package var camera: CameraInput?
    /// The size that the frames are to fit in, or nil for the video's own.
    package var size: FrameSize?
    /// Frames a second at most, or nil for all.
    package var frameRate: Double?
    /// How the picture is turned.
    package var turn = FrameTurn()
    /// True for luma alone, the same as in a picture with colours.
    package var isGray = false
    /// The program; nil to look for `ffmpeg` in the folders of `PATH`.
    package var program: String?
    /// Seconds that it may say nothing: ten for a stream from the network, else a minute, for disks that sleep and broken
    /// indexes.
    package var patience: Double?

    /// A file by its path, or whatever stands at an address.
    package init(location: String) {
        self.location = location
        address = NetworkAddress(location)
    }

    /// What the source is called: without anything secret.
    package var name: String { address?.name ?? location }

    /// True for an address elsewhere: not for what ffmpeg makes or reads itself.
    package var isNetwork: Bool {
        guard let address else { return false }
        return !["file", "pipe", "fd", "concat", "subfile", "data", "cache"].contains(address.scheme)
    }

    /// True for what has no end of its own: a camera, and what may come from the network.
    package var isLive: Bool { isNetwork || camera != nil }

    /// What is written to the child's standard input: the address, where it holds what the process list must not show.
    ///
    /// ffmpeg's `concat` format reads it as a play list of one.
    package var input: String? {
        guard let address, address.hasSecret else { return nil }
        let quoted = address.reveal().replacing("\\", with: "\\\\").replacing("'", with: "'\\''")
        return "ffconcat version 1.0\nfile '\(quoted)'\n"
    }

    /// The words after `ffmpeg`.
    package var arguments: [String] {
        // The level before each message tells errors from the rest, of which the duration is needed.
        var words = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info"]
        if input != nil {
            words += ["-f", "concat", "-safe", "0", "-protocol_whitelist", Self.protocols, "-i", "pipe:0"]
        } else if let camera {
            // Nothing is held back: a camera's pictures are shown in the order in which they come.
            words += [
                "-fflags", "nobuffer", "-flags", "low_delay", "-f", "v4l2", "-input_format", camera.format,
            ]
            words += ["-video_size", "\(camera.size.width)x\(camera.size.height)"]
            words += ["-framerate", "\(camera.frameRate)", "-i", location]
        } else {
            // Without the prefix a name such as "a:b.mp4" or "-x.mp4" would be taken for something else.
            words += ["-i", address == nil ? "file:\(location)" : location]
        }
        words += ["-map", "0:v:0", "-an", "-sn", "-dn", "-map_metadata", "-1", "-vf", filters]
        // Each frame once, at its own time, in microseconds.
        return words + [
            "-fps_mode", "passthrough", "-enc_time_base", "1:1000000", "-c:v", "rawvideo", "-pix_fmt",
            isGray ? "gray" : "yuv420p", "-f", "nut", "-flush_packets", "1", "pipe:1",
        ]
    }

    private static let protocols =
        "file,pipe,fd,tcp,udp,tls,http,https,httpproxy,crypto,rtp,srtp,rtmp,rtmps,rtmpe,rtmpt,srt,mmsh,mmst,ftp"

    /// Frames that are not wanted first, then turned, then scaled: to square pixels always, which screens and cascades
    /// are made for.
    private var filters: String {
        var filters: [String] = []
        if let frameRate {
            // The first frame in each step of the clock: none is made, none is moved.
            filters.append(
                "select='isnan(prev_selected_t)+gt(floor(t*\(frameRate)+0.001)"
                    + "\\,floor(prev_selected_t*\(frameRate)+0.001))'")
        }
        switch turn.clockwise {
        case 90: filters.append("transpose=clock")
        case 180: filters += ["hflip", "vflip"]
        case 270: filters.append("transpose=cclock")
        default: break
        }
        if turn.isFlipped { filters.append("hflip") }
        // A claim of more than ten to one is a broken header's.
        let shape = "clip(sar\\,0.1\\,10)"
        if let size {
            filters.append(
                "scale=w='max(1\\,round(min(\(size.width)\\,\(size.height)*iw*\(shape)/ih)))'"
                    + ":h='max(1\\,round(min(\(size.height)\\,\(size.width)*ih/(iw*\(shape)))))'")
        } else {
            filters.append(
                "scale=w='if(gt(sar\\,1)\\,round(iw*\(shape))\\,iw)'"
                    + ":h='if(lt(sar\\,1)\\,round(ih/\(shape))\\,ih)'")
        }
        filters.append("setsar=1")
        // Not ffmpeg's own grey, which stretches luma to the full range.
        if isGray { filters += ["format=yuv420p", "extractplanes=y"] }
        return filters.joined(separator: ",")
    }
}

/// What is asked of a camera's driver by ffmpeg's `v4l2` input.
package struct CameraInput: Equatable, Sendable {
    /// What ffmpeg calls the format: `h264`, and `yuyv422` and the like for pictures that are not compressed.
    package var format: String
    /// Columns and rows, of those that the driver offers.
    package var size: FrameSize
    /// Frames a second asked for.
    package var frameRate: Double

    /// Asks for a format.
    package init(format: String, size: FrameSize, frameRate: Double) {
        (self.format, self.size, self.frameRate) = (format, size, frameRate)
    }
}

/// How a camera's picture is turned before anybody sees it: for cameras that hang on their side or look into a mirror.
package struct FrameTurn: Equatable, Sendable {
    /// Degrees clockwise: 0, 90, 180 or 270.
    package var clockwise: Int
    /// True to swap left and right, after turning.
    package var isFlipped: Bool

    /// Turns by so many degrees, then flips; what is no multiple of 90 turns nothing.
    package init(clockwise: Int = 0, isFlipped: Bool = false) {
        self.clockwise = clockwise % 90 == 0 ? (clockwise % 360 + 360) % 360 : 0
        self.isFlipped = isFlipped
    }

    /// True where the picture stays as it is.
    package var isNone: Bool { clockwise == 0 && !isFlipped }
}
