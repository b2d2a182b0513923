import FaceDetection
import FaceVerification

extension VerifyingDetector {
    /// What finds faces unless said otherwise: a cascade, the second look, and the search for what a cascade can't see.
    ///
    /// - Parameter path: the cascade's file.
    package static func standard(cascadeAt path: String, in locations: Locations = .current) throws
        -> VerifyingDetector
    {
        let cascade = try HaarCascade(contentsOf: path)
        return VerifyingDetector(
            FaceDetector(cascade: cascade),
            verifier: try FaceVerifier(modelAt: locations.model(Locations.verifier)),
            wide: try WideSearch(
                cascade: cascade, profileAt: locations.cascade(Locations.profileCascade)))
    }
}
