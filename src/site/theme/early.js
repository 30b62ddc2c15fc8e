try{const s=JSON.parse(localStorage.getItem("pmx:color-scheme"));if(s)document.documentElement.dataset.pathmxColorScheme=s}catch{}
