/// What the `ffmpeg` program is told, so that a video can be played to the last second however it ends: fragments or
/// clusters of less than a second, each frame encoded at once, and every packet written when it is there.
enum VideoEncoding {
    /// The words after `ffmpeg`: frames come from standard input as ``RawMatroska``.
    static func arguments(path: String, frameRate: Double) -> [String] {
        let ending = path.lastIndex(of: ".").map { path[path.index(after: $0)...].lowercased() } ?? ""
        let shared =
            ["-hide_banner", "-loglevel", "error", "-y", "-f", "matroska", "-analyzeduration", "0"]
            + ["-i", "pipe:0", "-an"]
            // Most players want even sides and halved chroma.
            + ["-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", "yuv420p"]
        // The frames' own times, and a frame each second that a player can begin at.
        let times = ["-fps_mode", "vfr", "-enc_time_base", "-1", "-force_key_frames", "expr:gte(t,n_forced)"]
        let h264 = ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency"]
        let format: [String] =
            switch ending {
            case "mp4", "m4v", "mov":
                times + h264
                    + [
                        "-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-frag_duration",
                        "500000",
                    ]
            case "mkv": times + h264 + ["-cluster_time_limit", "500"]
            case "webm":
                times
                    + [
                        "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames",
                        "0",
                    ]
                    + ["-b:v", "2M", "-cluster_time_limit", "500"]
            // Others have a steady rate.
            default: ["-r", "\(frameRate)"]
            }
        return shared + format + ["-flush_packets", "1", "file:\(path)"]
    }
}
