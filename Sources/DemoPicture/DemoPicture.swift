/// The faces that the `demo` source shows, one for each emotion.
///
/// Nobody sat for them: `docs/pictures/draw_faces.py` draws them from MakeHuman's base mesh (MPFB2) and Mika Suominen's
/// face units, both in the public domain (CC0 1.0). A JPEG of seven squares side by side, compiled into the program so
/// that the demo needs no file at run time.
package enum DemoPicture {
    /// The JPEG file's bytes.
    package static var jpeg: [UInt8] { PackageResources.faces_jpg }
    /// What each square shows, from left to right, as models name it.
    package static let emotions = ["happy", "surprise", "neutral", "angry", "disgust", "fear", "sad"]
}
