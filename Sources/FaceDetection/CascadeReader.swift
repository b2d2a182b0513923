import CExpat
import Glibc

/// Reads a cascade's file by expat's events: an element's meaning is its place, the names of those it stands in. A
/// ``CascadeBuilder`` makes a cascade of what they say.
final class CascadeReader {
    private enum Layout {
        /// `opencv-cascade-classifier`: a list of features, which trees name by number.
        case numbered
        /// `opencv-haar-classifier`, which OpenCV's first trainer wrote: each node holds its feature.
        case nested
    }

    private let path: String
    private var builder = CascadeBuilder()
    /// Where the elements that are open stand, the innermost last; nil for those that mean nothing here.
    private var elements: [CascadePlaces.Node?] = []
    private var text: [UInt8] = []
    private var parser: XML_Parser?
    private var failure: CascadeError?
    /// The layout that the file is in, once that is known.
    private var layout: Layout?

    /// Bytes of text in one element; the longest list of numbers in OpenCV's cascades has some hundred.
    private static let longestText = 1 << 16

    init(path: String) { self.path = path }

    func read(_ xml: [UInt8]) throws(CascadeError) -> HaarCascade {
        guard let parser = XML_ParserCreate(nil) else {
            throw .unreadable(path: path, reason: "out of memory")
        }
        defer { XML_ParserFree(parser) }
        self.parser = parser
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser, { context, name, attributes in CascadeReader.from(context)?.begin(name, attributes) },
            { context, _ in CascadeReader.from(context)?.end() })
        XML_SetCharacterDataHandler(parser) { CascadeReader.from($0)?.append($1, count: $2) }
        // A cascade has no document type, so whatever entities could do is not let in.
        XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
            guard let reader = CascadeReader.from(context) else { return }
            reader.stop(.notACascade(path: reader.path))
        }
        let status = xml.withUnsafeBytes {
            XML_Parse(parser, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), 1)
        }
        if let failure { throw failure }
        guard status == XML_STATUS_OK else {
            let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) }
            throw .malformed(path: path, line: line, reason: reason ?? "unknown error")
        }
        guard layout != nil else { throw .notACascade(path: path) }
        do throws(CascadeFault) {
            return try builder.finish()
        } catch {
            throw located(error)
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> CascadeReader? {
        context.map { Unmanaged<CascadeReader>.fromOpaque($0).takeUnretainedValue() }
    }

    private var line: Int { Int(XML_GetCurrentLineNumber(parser)) }

    private func stop(_ error: CascadeError) {
        if failure == nil { failure = error }
        XML_StopParser(parser, 0)
    }

    /// What is wrong, with the file and the line at which the reader stands.
    private func located(_ fault: CascadeFault) -> CascadeError {
        switch fault {
        case .invalid(let reason): .invalid(path: path, line: line, reason: reason)
        case .unsupported(let kind): .unsupported(path: path, kind: kind)
        }
    }

    private func begin(
        _ name: UnsafePointer<XML_Char>?, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    ) {
        guard let name, failure == nil else { return }
        text.removeAll(keepingCapacity: true)
        elements.append(place(of: name, attributes))
        if elements.count >= 16 { stop(located(.invalid("elements nest too deep"))) }
    }

    private func place(
        of name: UnsafePointer<XML_Char>, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    ) -> CascadePlaces.Node? {
        switch elements.count {
        case 0:
            if strcmp(name, "opencv_storage") != 0 { stop(.notACascade(path: path)) }
            return nil
        case 1:
            let name = String(cString: name)
            if layout == nil { layout = Self.layout(name: name, attributes) }
            return switch layout {
            case .numbered: name == "cascade" ? CascadePlaces.numbered : nil
            case .nested: CascadePlaces.nested
            case nil: nil
            }
        default: return elements.last??.child(name)
        }
    }

    private static func layout(
        name: String, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
    ) -> Layout? {
        if name == "cascade" { return .numbered }
        // Names and values by turns, with a null at the end.
        var at = 0
        while let key = attributes?[at], let value = attributes?[at + 1] {
            if String(cString: key) == "type_id", String(cString: value) == "opencv-haar-classifier" {
                return .nested
            }
            at += 2
        }
        return nil
    }

    private func append(_ characters: UnsafePointer<XML_Char>?, count: Int32) {
        guard failure == nil else { return }
        guard text.count + Int(count) <= Self.longestText else {
            return stop(located(.invalid("an element holds more text than any cascade's")))
        }
        text.append(contentsOf: UnsafeRawBufferPointer(start: characters, count: Int(count)))
    }

    private func end() {
        guard failure == nil else { return }
        if let node = elements.last ?? nil, let place = node.place {
            do throws(CascadeFault) {
                try builder.end(place, CascadeText(name: node.name, bytes: text))
            } catch {
                stop(located(error))
            }
        }
        elements.removeLast()
        text.removeAll(keepingCapacity: true)
    }
}
