import Foundation
import System

/// The system's words for an error of Foundation, without the path.
package enum FileReason {
    /// "No such file or directory", "No space left on device", …
    package static func of(_ error: any Error) -> String {
        if let error = error as? Errno { return error.description }
        if let posix = error as? POSIXError { return Errno(posix.code.rawValue).description }
        let cocoa = error as NSError
        if let underlying = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError,
            underlying.domain == NSPOSIXErrorDomain
        {
            return Errno(Int32(underlying.code)).description
        }
        switch CocoaError.Code(rawValue: cocoa.code) {
        case .fileReadNoSuchFile, .fileNoSuchFile: return Errno.notThere.description
        case .fileReadNoPermission, .fileWriteNoPermission: return Errno.noPermission.description
        default: return cocoa.localizedDescription
        }
    }
}
