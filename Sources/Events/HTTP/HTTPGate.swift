#if HTTP
/// Decides who may ask: nobody from another site, and from another machine only who knows the token.
struct HTTPGate: Sendable {
    let address: HTTPAddress
    let token: HTTPToken?

    /// What of a request counts here.
    struct Request {
        var method: String
        var host: String?
        var origin: String?
        /// `Sec-Fetch-Site`, with which browsers say where a request comes from.
        var site: String?
        /// `Sec-Fetch-Dest`, with which they say what for: `document` for a page that a person goes to.
        var destination: String?
        var authorization: String?
        var cookie: String?
        /// The token in the address, as `/?token=…`.
        var query: String?
    }

    /// Why a request is refused: the status and a line of text; nil where it is let in.
    func refusal(of request: Request) -> (status: UInt32, words: String)? {
        guard request.method == "GET" || request.method == "HEAD" else {
            return (405, "only GET is answered here")
        }
        if let token {
            let bearer = request.authorization.flatMap {
                $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil
            }
            guard token.matches(bearer) || token.matches(request.cookie) || token.matches(request.query)
            else {
                return (401, "give the token: /?token=…, or Authorization: Bearer …")
            }
        } else {
            // A name that leads here without being ours is another site's, made to point to this machine.
            guard let host = request.host, Self.isOwn(host, address) else {
                return (403, "this is \(address), not the host that was asked for")
            }
        }
        if let origin = request.origin, origin != "http://\(request.host ?? "")" {
            return (403, "no reading from another site")
        }
        if let site = request.site, site != "same-origin", site != "none",
            request.destination != "document"
        {
            return (403, "no reading from another site")
        }
        return nil
    }

    /// True for the names that this machine has for itself.
    static func isOwn(_ host: String, _ address: HTTPAddress) -> Bool {
        var name = Substring(host.lowercased())
        let port = ":\(address.port)"
        if name.hasSuffix(port) {
            name = name.dropLast(port.count)
        } else if address.port != 80 {
            return false
        }
        return name == "localhost" || name == "127.0.0.1" || name == "[::1]"
            || "\(name)\(port)" == address.description
    }
}
#endif
