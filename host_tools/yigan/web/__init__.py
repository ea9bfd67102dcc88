"""The bench as a page in a browser: slots live, history, logs. `yigan station` serves it.

station   what the page shows and does, over yigan.bench
view      slots and rows as JSON
discreet  secrets of pole files never leave this machine
events    server-sent events
api       the routes under /api
guard     who may ask: host, origin, token, limits; the headers of every answer
serve     sockets, uvicorn, the way to the page
page/     the page itself: plain HTML, CSS and ES modules
"""
