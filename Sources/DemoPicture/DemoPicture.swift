/// The picture that the `demo` source moves about.
///
/// Eileen Collins, photographed by NASA in 1993; in the public domain. A JPEG, 512×512 pixels, made from
/// scikit-image's `astronaut.png`, compiled into the program so that the demo needs no file at run time.
package enum DemoPicture {
    /// The JPEG file's bytes.
    package static var jpeg: [UInt8] { PackageResources.astronaut_jpg }
}
