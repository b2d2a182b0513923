import Events
import Foundation

/// Checks lines against the JSON Schema that the program prints, with as much of JSON Schema 2020-12 as that uses, and
/// more strictly in one point: a key that the schema does not name is a fault, so that none goes out unnoticed.
package enum SchemaCheck {
    private nonisolated(unsafe) static let schema: [String: Any] =
        (try? JSONSerialization.jsonObject(with: Data(EventSchema.text.utf8))) as? [String: Any] ?? [:]

    /// What is wrong with a line; empty where nothing is.
    package static func faults(of line: String) -> [String] {
        guard let value = try? JSONSerialization.jsonObject(with: Data(line.utf8)) else {
            return ["no JSON: \(line)"]
        }
        return faults(of: value, by: schema, at: "")
    }

    private static func faults(of value: Any, by schema: [String: Any], at place: String) -> [String] {
        var faults: [String] = []
        func complain(_ words: String) { faults.append("\(place.isEmpty ? "line" : place): \(words)") }
        if let reference = schema["$ref"] as? String {
            guard let target = resolve(reference) else { return ["\(reference): no such definition"] }
            faults += self.faults(of: value, by: target, at: place)
        }
        if let choices = schema["anyOf"] as? [[String: Any]] {
            let all = choices.map { self.faults(of: value, by: $0, at: place) }
            if !all.contains(where: \.isEmpty) { faults += all.min { $0.count < $1.count } ?? [] }
        }
        if let constant = schema["const"], !isEqual(constant, value) {
            complain("\(value) is not \(constant)")
        }
        if let values = schema["enum"] as? [Any], !values.contains(where: { isEqual($0, value) }) {
            complain("\(value) is none of \(values)")
        }
        if let type = schema["type"] as? String, !has(value, type) { complain("\(value) is no \(type)") }
        if let number = value as? NSNumber, !isBoolean(number) {
            if let least = schema["minimum"] as? Double, number.doubleValue < least {
                complain("\(number) < \(least)")
            }
            if let most = schema["maximum"] as? Double, number.doubleValue > most {
                complain("\(number) > \(most)")
            }
        }
        if let text = value as? String, let pattern = schema["pattern"] as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            complain("'\(text)' is not \(pattern)")
        }
        if let array = value as? [Any] {
            if let least = schema["minItems"] as? Int, array.count < least { complain("fewer than \(least)") }
            if let most = schema["maxItems"] as? Int, array.count > most { complain("more than \(most)") }
            if let items = schema["items"] as? [String: Any] {
                for (index, item) in array.enumerated() {
                    faults += self.faults(of: item, by: items, at: "\(place)[\(index)]")
                }
            }
        }
        if let object = value as? [String: Any], let properties = schema["properties"] as? [String: Any] {
            for key in schema["required"] as? [String] ?? [] where object[key] == nil {
                complain("no \(key)")
            }
            for (key, member) in object {
                guard let rule = properties[key] as? [String: Any] else {
                    complain("the schema does not name \(key)")
                    continue
                }
                faults += self.faults(of: member, by: rule, at: "\(place).\(key)")
            }
        }
        return faults
    }

    private static func resolve(_ reference: String) -> [String: Any]? {
        var value: Any = schema
        for part in reference.split(separator: "/").dropFirst() {
            guard let object = value as? [String: Any], let next = object[String(part)] else { return nil }
            value = next
        }
        return value as? [String: Any]
    }

    private static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }

    private static func isEqual(_ one: Any, _ other: Any) -> Bool {
        if let one = one as? String { return one == other as? String }
        guard let one = one as? NSNumber, let other = other as? NSNumber else { return false }
        return one == other && isBoolean(one) == isBoolean(other)
    }

    private static func has(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": return value is [String: Any]
        case "array": return value is [Any]
        case "string": return value is String
        case "number", "integer":
            guard let number = value as? NSNumber, !(value is String), !isBoolean(number) else {
                return false
            }
            return type == "number" || number.doubleValue == number.doubleValue.rounded()
        default: return false
        }
    }
}
